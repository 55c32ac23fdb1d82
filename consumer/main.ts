/**
 * The consumer: Kafka topics into PostgreSQL tables, exactly once. Wiring only.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import { runConsumer } from "./run.ts";

// In the image, where `consumer` is the program: docker compose run --rm consumer doctor
if (Deno.args[0] === "doctor") {
  const { doctor } = await import("../doctor/main.ts");
  Deno.exit(await doctor(Deno.args.slice(1)));
}

await runService({
  name: "consumer",
  groups: PROGRAMS.consumer,
  about:
    "Polls the topics of the streams, validates the records and stores them in their tables, each exactly once, until it is stopped.",
  run: runConsumer,
});
