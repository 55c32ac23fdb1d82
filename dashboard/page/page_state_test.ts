import assert from "assert";
import { formatPageState, type PageState, parsePageState } from "./page_state.ts";

const NOTHING: PageState = { stream: undefined, key: undefined, at: undefined, follow: undefined };

Deno.test("parsePageState() reads what formatPageState() writes", () => {
  const states: [PageState, query: string][] = [
    [NOTHING, ""],
    [{ ...NOTHING, stream: "routes", key: "7" }, "?stream=routes&key=7"],
    [
      { stream: "routes", key: "7", at: 1700000000.25, follow: true },
      "?stream=routes&key=7&follow=1&at=1700000000.25",
    ],
    [{ ...NOTHING, stream: "a b", key: "ä & ?=" }, "?stream=a+b&key=%C3%A4+%26+%3F%3D"],
    [{ ...NOTHING, stream: "routes", at: 0 }, "?stream=routes&at=0"],
  ];
  for (const [state, query] of states) {
    assert.equal(formatPageState(state), query);
    assert.deepEqual(parsePageState(query), state);
  }
});

Deno.test("formatPageState() omits the stream when no key and no time is selected", () => {
  assert.equal(formatPageState({ stream: "routes", follow: true }), "");
});

Deno.test("parsePageState() ignores invalid parameters", () => {
  assert.deepEqual(parsePageState("?at=x&follow=1&key=&other=1"), NOTHING);
  assert.deepEqual(parsePageState("?at=NaN&key=7&follow=yes"), { ...NOTHING, key: "7" });
});
