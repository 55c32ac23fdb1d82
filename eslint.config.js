/** Rules that `deno lint` does not have. */
import tseslint from "typescript-eslint";

export default [
  { ignores: [".cache/", "artifacts/", "docs/api/", "dashboard/dist/", "node_modules/"] },
  {
    files: ["**/*.ts"],
    languageOptions: { parser: tseslint.parser },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "max-lines": ["error", { max: 300 }],
      "max-lines-per-function": ["error", { max: 70, IIFEs: true }],
      "no-else-return": "error",
      "no-lonely-if": "error",
      "no-unneeded-ternary": "error",
      "no-useless-assignment": "error",
      "no-useless-return": "error",
      "no-self-compare": "error",
      "no-unmodified-loop-condition": "error",
      "no-unreachable-loop": "error",
      "no-throw-literal": "error",
      "object-shorthand": ["error", "always", { avoidQuotes: true }],
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "@typescript-eslint/unified-signatures": "error",
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "typeLike", format: ["PascalCase"] },
        { selector: "function", format: ["camelCase"] },
        { selector: "classMethod", format: ["camelCase"] },
        {
          selector: "parameter",
          format: ["camelCase", "snake_case", "UPPER_CASE"],
          leadingUnderscore: "allowSingleOrDouble",
          trailingUnderscore: "allow",
        },
        // Columns and settings keep their names.
        { selector: "parameter", modifiers: ["destructured"], format: null },
      ],
    },
  },
];
