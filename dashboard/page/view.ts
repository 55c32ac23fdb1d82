/**
 * Projection, zoom and position of the map.
 *
 * @module
 */
import {
  geoAzimuthalEqualArea,
  geoDistance,
  geoEqualEarth,
  geoGraticule,
  geoGraticule10,
  type GeoPermissibleObjects,
  type GeoProjection,
} from "d3-geo";

/** From the whole world to a street. */
const [ZOOM_MIN, ZOOM_MAX] = [1, 60_000];
/** Possible distances of grid lines, degrees. */
const GRID_STEPS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const GRID_LINES_MAX = 8;
const COARSE_GRID = geoGraticule().step([30, 30])();
/** From this zoom on, the projection is centered on the visible area. */
const LOCAL_ZOOM_MIN = 8;
/** Radius of the inner part of the map, as a share of the shorter side. */
const INNER_SHARE = 0.25;
/** Pixels between the world and the frame. */
const MARGIN = 10;

/** A projection with zoom and shift. */
export class View {
  readonly #world: GeoProjection = geoEqualEarth();
  /**
   * Both projections are equal-area, so that switching keeps sizes; this one also keeps shapes near its center. Without resampling:
   * the points of land and grid are close to each other, and resampling the distant ones is slow.
   */
  readonly #local: GeoProjection = geoAzimuthalEqualArea().precision(0);
  #width = 0;
  #height = 0;
  #zoom = 1;
  /** Degrees. */
  #center: readonly [longitude: number, latitude: number] = [0, 0];
  #scale = 1;

  /** Projects [longitude, latitude] to pixels. */
  get projection(): GeoProjection {
    return this.#zoom < LOCAL_ZOOM_MIN ? this.#world : this.#local;
  }

  /** 1: the whole world. */
  get zoom(): number {
    return this.#zoom;
  }

  /** Sets the size, CSS pixels. */
  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    [this.#width, this.#height] = [width, height];
    this.#world.clipExtent(null);
    this.#world.fitExtent([[MARGIN, MARGIN], [width - MARGIN, height - MARGIN]], { type: "Sphere" });
    this.#scale = this.#world.scale();
    this.#apply();
  }

  /** Shows the whole world. */
  reset(): void {
    [this.#zoom, this.#center] = [1, [0, 0]];
    this.#apply();
  }

  /** Zooms by a factor; the point `at` (pixels) stays in place. */
  zoomBy(factor: number, at: readonly [number, number] = [this.#width / 2, this.#height / 2]): void {
    const fixed = this.projection.invert?.([at[0], at[1]]);
    this.#zoom = Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, this.#zoom * factor));
    if (this.#zoom === ZOOM_MIN) this.#center = [0, 0];
    this.#apply();
    const now = fixed && this.projection(fixed);
    if (this.#zoom > ZOOM_MIN && now && now.every(Number.isFinite)) this.pan(at[0] - now[0], at[1] - now[1]);
  }

  /** Moves by pixels. */
  pan(dx: number, dy: number): void {
    const center = this.projection.invert?.([this.#width / 2 - dx, this.#height / 2 - dy]);
    if (!center?.every(Number.isFinite) || Math.abs(center[0]) > 180 || Math.abs(center[1]) > 90) return;
    this.#center = center;
    this.#apply();
  }

  /** Moves a place, [longitude, latitude], to the center. */
  center(place: readonly [number, number]): void {
    this.#center = place;
    this.#apply();
  }

  /** Whether a place, [longitude, latitude], is in the inner part of the map. */
  isInner(place: readonly [number, number]): boolean {
    const [x, y] = this.projection([place[0], place[1]]) ?? [NaN, NaN];
    const distance = Math.hypot(x - this.#width / 2, y - this.#height / 2);
    return distance < INNER_SHARE * Math.min(this.#width, this.#height);
  }

  /** Shows an area that contains these places, [longitude, latitude]. */
  fit(places: readonly (readonly [number, number])[], zoomMax = ZOOM_MAX): void {
    if (places.length === 0) return;
    this.reset();
    const points = places.map(([x, y]) => this.projection([x, y])!);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const middle = this.projection.invert?.([(left + right) / 2, (top + bottom) / 2]);
    if (!middle?.every(Number.isFinite)) return;
    this.#center = middle;
    const zoom = 0.7 * Math.min(
      this.#width / Math.max(right - left, 1e-3),
      this.#height / Math.max(bottom - top, 1e-3),
    );
    this.#zoom = Math.max(ZOOM_MIN, Math.min(zoomMax, zoom));
    this.#apply();
  }

  /** Horizontal scale at the center of the map. */
  metersPerPixel(): number {
    const [x, y] = [this.#width / 2, this.#height / 2];
    const [left, right] = [this.projection.invert?.([x - 5, y]), this.projection.invert?.([x + 5, y])];
    return left && right ? geoDistance(left, right) * 6_371_009 / 10 : NaN;
  }

  /** Meridians and parallels, at a distance that depends on the zoom. */
  grid(): GeoPermissibleObjects {
    if (this.#zoom < LOCAL_ZOOM_MIN) return this.#width < 600 ? COARSE_GRID : geoGraticule10();
    const [x, y] = this.#center;
    const across = this.metersPerPixel() * Math.max(this.#width, this.#height) / 111_320;
    const step = GRID_STEPS.find((step) => across / step < GRID_LINES_MAX) ?? 10;
    const wide = across / Math.max(0.05, Math.cos(y * Math.PI / 180)) + step;
    const snap = (value: number) => Math.round(value / step) * step;
    const [west, east] = [Math.max(-180, snap(x - wide)), Math.min(180, snap(x + wide))];
    const [south, north] = [Math.max(-90, snap(y - across)), Math.min(90, snap(y + across))];
    const extent: [[number, number], [number, number]] = [[west, south], [east + step / 9, north + step / 9]];
    return geoGraticule().step([step, step]).extentMinor(extent).extentMajor([[0, 0], [0, 0]])
      .precision(step / 2)();
  }

  #apply(): void {
    if (this.#width === 0) return;
    const { projection } = this;
    const middle: [number, number] = [this.#width / 2, this.#height / 2];
    projection.clipExtent(null).scale(this.#scale * this.#zoom);
    if (projection === this.#local) {
      projection.rotate([-this.#center[0], -this.#center[1]]).translate(middle);
    } else {
      const [x, y] = projection.translate([0, 0])([this.#center[0], this.#center[1]])!;
      projection.translate([middle[0] - x, middle[1] - y]);
    }
    projection.clipExtent([[-5, -5], [this.#width + 5, this.#height + 5]]);
  }
}
