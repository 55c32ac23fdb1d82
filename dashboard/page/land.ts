/// <reference lib="dom" />
/**
 * Outlines of the land, at a low resolution first and a higher one after zooming in.
 *
 * @module
 */
import type { GeoPermissibleObjects } from "d3-geo";
import { feature } from "topojson-client";

/** Zoom above which the high resolution is used. */
const HIGH_RESOLUTION_ZOOM = 4;

export class Land {
  #low: GeoPermissibleObjects | undefined;
  #high: GeoPermissibleObjects | undefined;
  #requested = false;

  /** @param onLand called when an outline was loaded */
  constructor(private readonly onLand: () => void) {
    void load("/world-110m.json").then((land) => {
      this.#low = land;
      onLand();
    });
  }

  /** The best outline for a zoom that was loaded so far. */
  land(zoom: number): GeoPermissibleObjects | undefined {
    if (zoom > HIGH_RESOLUTION_ZOOM && !this.#requested) {
      this.#requested = true;
      void load("/world-50m.json").then((land) => {
        this.#high = land;
        this.onLand();
      });
    }
    return zoom > HIGH_RESOLUTION_ZOOM ? this.#high ?? this.#low : this.#low;
  }
}

async function load(path: string): Promise<GeoPermissibleObjects | undefined> {
  try {
    const topology = await (await fetch(path)).json();
    return feature(topology, topology.objects.land) as GeoPermissibleObjects;
  } catch {
    // The map still shows users without the land.
    return undefined;
  }
}
