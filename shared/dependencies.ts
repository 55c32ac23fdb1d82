/**
 * Every package that a service needs when it runs, and no other: what the images cache before the sources are copied.
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
