"use strict";
const rows = [...document.querySelectorAll("tbody tr")];
const [severity, kind, words, shown] = ["severity", "kind", "words", "shown"].map((id) => document.getElementById(id));
const filter = () => {
  const text = words.value.toLowerCase();
  let n = 0;
  for (const row of rows) {
    const { severity: own, kind: type } = row.dataset;
    const fits = (!severity.value || own === severity.value) && (!kind.value || type === kind.value) && row.textContent.toLowerCase().includes(text);
    row.hidden = !fits;
    n += fits;
  }
  shown.textContent = `${n} of ${rows.length} rows shown`;
};
for (const field of [severity, kind, words]) field.addEventListener("input", filter);
filter();
