/**
 * Shows a screen until Ctrl-C, then waits for a key.
 *
 * @module
 */
import { Keyboard } from "../../local/keyboard.ts";
import { Readings } from "../../local/readings.ts";
import { Steps } from "../../local/steps.ts";
import { Terminal } from "../../local/terminal.ts";
import { pause, stopSignal } from "../../shared/lifecycle.ts";

using terminal = new Terminal();
using keyboard = await Keyboard.open();
using signal = stopSignal(() => {}, () => {});
const steps = new Steps(terminal);
const view = (state: string) => ({ state, elapsed: 0, count: 0, backlog: 0, readings: new Readings() });
steps.print(keyboard ? "Ready." : "No keyboard.", "green");
for (; !signal.aborted; await pause(20, signal)) terminal.show(view("running"));
terminal.finish(view("stopped"));
terminal.print("Press a key.");
await keyboard?.key();
terminal.print("Done.");
terminal[Symbol.dispose]();
keyboard?.[Symbol.dispose]();
Deno.exit(0);
