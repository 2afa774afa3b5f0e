/** Reads an lcov file and refuses less than 95 % of lines in the floors that decide and carry out migrations. */
const FLOORS = ["sql", "migrations", "history", "engine"];
const REQUIRED = 95;

const report = await Bun.file(process.argv[2] ?? "coverage/lcov.info").text();
const lines = new Map(FLOORS.map((floor) => [floor, { found: 0, hit: 0 }]));
for (const record of report.split("end_of_record")) {
  const floor = /^SF:.*?src\/([^/]+)\//m.exec(record)?.[1];
  const counts = floor === undefined ? undefined : lines.get(floor);
  if (counts === undefined) continue;
  counts.found += Number(/^LF:(\d+)/m.exec(record)?.[1] ?? 0);
  counts.hit += Number(/^LH:(\d+)/m.exec(record)?.[1] ?? 0);
}

let isEnough = true;
for (const [floor, { found, hit }] of lines) {
  const percent = found === 0 ? 0 : (100 * hit) / found;
  console.log(`${floor.padEnd(12)} ${percent.toFixed(1)} % of ${found} lines`);
  isEnough &&= percent >= REQUIRED;
}
if (!isEnough) {
  console.error(`less than ${REQUIRED} % of lines`);
  process.exit(1);
}
