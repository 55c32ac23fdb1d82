/**
 * Metrics of the process, named as in Prometheus' client libraries.
 *
 * @module
 */
import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";
import { registerBuildInfo } from "./build_info.ts";
import { droppedLogLines } from "./log_output.ts";

/**
 * Registers version, CPU time, memory, start time and dropped log lines. `collectDefaultMetrics` reads /proc, which the permissions do not
 * allow.
 */
export function registerProcessMetrics(registry: Registry): void {
  const registers = [registry];
  registerBuildInfo(registry);
  const started = Date.now() / 1000 - performance.now() / 1000;
  new Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time, seconds",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Counter({
    name: "log_lines_dropped_total",
    help: "Log lines dropped because the output could not be written and the buffer of 1 MiB was full",
    registers,
    collect() {
      this.reset();
      this.inc(droppedLogLines());
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory, bytes",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({ name: "process_start_time_seconds", help: "Start of the process, Unix seconds", registers })
    .set(started);
}
