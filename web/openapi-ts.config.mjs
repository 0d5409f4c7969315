// Makes the page's client from the API's description: `make schema` runs it.

export default {
  input: "../functions/openapi.yaml",
  output: {
    path: process.env.OUTPUT ?? "src/api",
    // its client leaves fields undefined that it may only leave out, by our compiler's options
    header: ["// @ts-nocheck", "// Made by `make schema`."],
  },
  plugins: [
    { name: "@hey-api/typescript" },
    { name: "@hey-api/client-fetch", throwOnError: true },
    { name: "@hey-api/sdk" },
  ],
};
