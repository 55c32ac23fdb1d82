/**
 * The packages that services need at run time. The images cache them before the sources are copied.
 *
 * @module
 */
import "kafkajs";
import "leven";
import "lz4js";
import "pg";
import "prom-client";
import "pure-rand/generator/xoroshiro128plus";
import "snappyjs";
import "zod";
