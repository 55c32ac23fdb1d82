/**
 * What part of the world the map shows.
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

/** The whole world, and a street. */
const [LEAST, MOST] = [1, 60_000];
/** Degrees between two lines of the grid, and how many lines there are at most across the map. */
const STEPS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const MOST_LINES = 8;
const COARSE_GRID = geoGraticule().step([30, 30])();
/** From this zoom on the map is centred on what it shows. */
const NEAR = 8;
/** Between the world and the frame, pixels. */
const MARGIN = 10;

/** A projection with zoom and shift. */
export class View {
  readonly #world: GeoProjection = geoEqualEarth();
  /** Both keep areas, so that going over from one to the other changes no size; this one keeps shapes too, near its middle. */
  readonly #near: GeoProjection = geoAzimuthalEqualArea();
  #width = 0;
  #height = 0;
  #zoom = 1;
  /** What is in the middle, degrees. */
  #centre: readonly [longitude: number, latitude: number] = [0, 0];
  #scale = 1;

  /** From places, [longitude, latitude], to pixels. */
  get projection(): GeoProjection {
    return this.#zoom < NEAR ? this.#world : this.#near;
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
    [this.#zoom, this.#centre] = [1, [0, 0]];
    this.#apply();
  }

  /** Zooms by a factor; what is at `at` stays there. */
  zoomBy(factor: number, at: readonly [number, number] = [this.#width / 2, this.#height / 2]): void {
    const fixed = this.projection.invert?.([at[0], at[1]]);
    this.#zoom = Math.max(LEAST, Math.min(MOST, this.#zoom * factor));
    if (this.#zoom === LEAST) this.#centre = [0, 0];
    this.#apply();
    const now = fixed && this.projection(fixed);
    if (this.#zoom > LEAST && now && now.every(Number.isFinite)) this.pan(at[0] - now[0], at[1] - now[1]);
  }

  /** Moves by pixels. */
  pan(dx: number, dy: number): void {
    const centre = this.projection.invert?.([this.#width / 2 - dx, this.#height / 2 - dy]);
    if (!centre?.every(Number.isFinite) || Math.abs(centre[0]) > 180 || Math.abs(centre[1]) > 90) return;
    this.#centre = centre;
    this.#apply();
  }

  /** Shows a part of the world that has these places, [longitude, latitude], in it. */
  fit(places: readonly (readonly [number, number])[]): void {
    if (places.length === 0) return;
    this.reset();
    const points = places.map(([x, y]) => this.projection([x, y])!);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const middle = this.projection.invert?.([(left + right) / 2, (top + bottom) / 2]);
    if (!middle?.every(Number.isFinite)) return;
    this.#centre = middle;
    const zoom = 0.7 * Math.min(
      this.#width / Math.max(right - left, 1e-3),
      this.#height / Math.max(bottom - top, 1e-3),
    );
    this.#zoom = Math.max(LEAST, Math.min(MOST, zoom));
    this.#apply();
  }

  /** Metres of a pixel in the middle, to the side. */
  metresPerPixel(): number {
    const [x, y] = [this.#width / 2, this.#height / 2];
    const [left, right] = [this.projection.invert?.([x - 5, y]), this.projection.invert?.([x + 5, y])];
    return left && right ? geoDistance(left, right) * 6_371_009 / 10 : NaN;
  }

  /** Meridians and parallels, the closer together the closer one looks. */
  grid(): GeoPermissibleObjects {
    if (this.#zoom < NEAR) return this.#width < 600 ? COARSE_GRID : geoGraticule10();
    const [x, y] = this.#centre;
    const across = this.metresPerPixel() * Math.max(this.#width, this.#height) / 111_320;
    const step = STEPS.find((step) => across / step < MOST_LINES) ?? 10;
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
    if (projection === this.#near) {
      projection.rotate([-this.#centre[0], -this.#centre[1]]).translate(middle);
    } else {
      const [x, y] = projection.translate([0, 0])([this.#centre[0], this.#centre[1]])!;
      projection.translate([middle[0] - x, middle[1] - y]);
    }
    projection.clipExtent([[-5, -5], [this.#width + 5, this.#height + 5]]);
  }
}
