/**
 * The consumer's entry point: Kafka topics into PostgreSQL tables, exactly once.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import { runConsumer } from "./run.ts";

// The entry point of the image is the consumer: docker compose run --rm consumer doctor
if (Deno.args[0] === "doctor") {
  const { doctor } = await import("../doctor/main.ts");
  Deno.exit(await doctor(Deno.args.slice(1)));
}

await runService({
  name: "consumer",
  groups: PROGRAMS.consumer,
  about:
    "Consumes the streams' topics, validates each record and stores it in PostgreSQL exactly once. Runs until stopped.",
  run: runConsumer,
});
