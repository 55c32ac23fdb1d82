/// <reference lib="dom" />
/**
 * The land of the world, coarse at first and finer when somebody looks closer.
 *
 * @module
 */
import type { GeoPermissibleObjects } from "d3-geo";
import { feature } from "topojson-client";

/** Closer than this the finer land is fetched. */
const FINER = 4;

/** Land, as far as it was fetched. */
export class World {
  #coarse: GeoPermissibleObjects | undefined;
  #fine: GeoPermissibleObjects | undefined;
  #asked = false;

  /** @param onLand told when there is land to draw anew */
  constructor(private readonly onLand: () => void) {
    void load("/world-110m.json").then((land) => {
      this.#coarse = land;
      onLand();
    });
  }

  /** The land for a zoom, if it is there already. */
  land(zoom: number): GeoPermissibleObjects | undefined {
    if (zoom > FINER && !this.#asked) {
      this.#asked = true;
      void load("/world-50m.json").then((land) => {
        this.#fine = land;
        this.onLand();
      });
    }
    return zoom > FINER ? this.#fine ?? this.#coarse : this.#coarse;
  }
}

async function load(path: string): Promise<GeoPermissibleObjects | undefined> {
  try {
    const topology = await (await fetch(path)).json();
    return feature(topology, topology.objects.land) as GeoPermissibleObjects;
  } catch {
    // Without land the map still shows where users are.
    return undefined;
  }
}
