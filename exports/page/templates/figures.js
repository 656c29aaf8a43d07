"use strict";
// A figure: <figure data-figure="name"> with .plot and .rows in it; specification and columns stand in the page's JSON.
const Figures = (() => {
  const drawn = new Map();
  const number = (digits) => new Intl.NumberFormat("zh-CN", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const FORMAT = {
    text: (value) => value, count: (value) => number(0).format(value), money: (value) => number(2).format(value),
    rate: (value) => number(1).format(100 * value) + " %", month: (value) => value.slice(0, 7), date: (value) => value,
    number: (value) => number(1).format(value),
  };
  const shown = (value, kind) => (value === null || value === undefined || value === "" ? "–" : FORMAT[kind || "text"](value));

  function table(place, columns, rows) {
    const head = columns.map((column) => `<th scope="col" class="${isNumber(column) ? "number" : ""}"></th>`).join("");
    place.innerHTML = `<table><thead><tr>${head}</tr></thead><tbody></tbody></table>`;
    place.querySelectorAll("th").forEach((cell, at) => { cell.textContent = columns[at][Page.language]; });
    const body = place.querySelector("tbody");
    for (const row of rows) {
      const line = body.insertRow();
      for (const column of columns) {
        const cell = line.insertCell();
        if (isNumber(column)) cell.className = "number";
        const value = row[column.field];
        cell.textContent = shown(value && value[Page.language] !== undefined ? value[Page.language] : value, column.kind);
      }
    }
  }
  const isNumber = (column) => ["count", "money", "rate", "number"].includes(column.kind);

  // figure: {spec: {zh, en}, columns: [{field, zh, en, kind}]}; rows: what is shown now.
  function show(name, figure, rows) {
    const place = document.querySelector(`[data-figure="${name}"]`);
    const columns = figure.columns;
    table(place.querySelector(".rows"), columns, rows);
    const plot = place.querySelector(".plot");
    if (!plot || !figure.spec) return;
    plot.hidden = rows.length === 0;
    if (plot.hidden) return;
    const language = Page.language;
    const chart = drawn.get(name);
    if (chart && chart.language === language) {
      chart.view.then((ready) => ready.view.data("rows", worded(rows)).runAsync());
      return;
    }
    if (chart) chart.view.then((ready) => ready.finalize());
    const specification = structuredClone(figure.spec[language]);
    specification.data.find((set) => set.name === "rows").values = worded(rows);
    const options = { mode: "vega", renderer: "svg", actions: false, tooltip: false };
    drawn.set(name, { language, view: vegaEmbed(plot, specification, options) });
  }
  // A value {zh, en} is the text of the language shown.
  const worded = (rows) => rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) =>
    [key, value && typeof value === "object" && value[Page.language] !== undefined ? value[Page.language] : value])));
  return { show, shown, worded };
})();
