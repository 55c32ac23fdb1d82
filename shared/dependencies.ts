/**
 * The packages that services need at run time, compared by a test with what they import.
 *
 * The images cache them before the sources are copied: a change of a source leaves the layer with the packages as it is.
 *
 * @module
 */
import "fast-check";
import "kafkajs";
import "leven";
import "lz4js";
import "pg";
import "prom-client";
import "pure-rand/generator/xoroshiro128plus";
import "snappyjs";
import "zod";
