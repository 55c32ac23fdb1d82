/**
 * What part of the world the map shows.
 *
 * @module
 */
import { geoDistance, geoEqualEarth, type GeoProjection } from "d3-geo";

/** The whole world, and a street. */
const [LEAST, MOST] = [1, 60_000];
/** Between the world and the frame, pixels. */
const MARGIN = 10;

/** A projection with zoom and shift. */
export class View {
  readonly projection: GeoProjection = geoEqualEarth();
  #width = 0;
  #height = 0;
  #zoom = 1;
  /** What is in the middle, degrees. */
  #centre: readonly [longitude: number, latitude: number] = [0, 0];
  #scale = 1;

  /** 1: the whole world. */
  get zoom(): number {
    return this.#zoom;
  }

  /** Sets the size, CSS pixels. */
  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    [this.#width, this.#height] = [width, height];
    this.projection.clipExtent(null);
    this.projection.fitExtent([[MARGIN, MARGIN], [width - MARGIN, height - MARGIN]], { type: "Sphere" });
    this.#scale = this.projection.scale();
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

  #apply(): void {
    if (this.#width === 0) return;
    const { projection } = this;
    projection.clipExtent(null).scale(this.#scale * this.#zoom).translate([0, 0]);
    const [x, y] = projection([this.#centre[0], this.#centre[1]])!;
    projection.translate([this.#width / 2 - x, this.#height / 2 - y]);
    projection.clipExtent([[-5, -5], [this.#width + 5, this.#height + 5]]);
  }
}
