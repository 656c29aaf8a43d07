"use strict";
(() => {
  const board = JSON.parse(document.getElementById("board").textContent);
  const choice = document.getElementById("store");
  const text = (texts) => texts[Page.language];

  // Rows of a topic for the store chosen, as objects; a code becomes its word in both languages.
  function rowsOf(figure) {
    const { columns, rows } = board.topics[figure.topic];
    return rows.filter((row) => row[0] === choice.value).map((row) => {
      const found = Object.fromEntries(columns.map((column, at) => [column, row[at]]));
      for (const [field, words] of Object.entries(figure.codes)) found[field] = words[found[field]] || found[field];
      return found;
    });
  }
  function month() {
    const { columns, rows } = board.topics.months;
    const row = rows.find((each) => each[0] === choice.value && each[1] === board.now);
    return row && Object.fromEntries(columns.map((column, at) => [column, row[at]]));
  }

  function tiles() {
    const now = month();
    const tile = (name, value, kind, under) => {
      document.querySelector(`[data-tile="${name}"]`).textContent = Figures.shown(value, kind);
      document.querySelector(`[data-under="${name}"]`).textContent = under || "";
    };
    const known = now || {};
    tile("due_vehicles", known.due_vehicles, "count");
    tile("renewed_here", known.renewed_here, "count");
    tile("renewal_rate", known.renewal_rate, "rate", now && `${known.renewed_here} / ${known.due_vehicles}`);
    tile("target_vehicles", known.target_vehicles, "count", now && known.target_vehicles !== null ? `${known.target_renewed} / ${known.target_vehicles}` : "");
    tile("expected_renewed", known.expected_renewed, "number",
      now && known.low_renewed !== null ? `${known.low_renewed} – ${known.high_renewed}` : "");
    const lights = ["green", "amber", "red"].filter((name) => known[name]);
    const place = document.querySelector('[data-tile="light"]');
    place.dataset.light = lights.length === 1 ? lights[0] : "";
    place.textContent = lights.length ? lights.map((name) => text(board.lights[name]) + (choice.value === board.all ? " " + known[name] : "")).join(" · ") : "–";
  }

  function show() {
    document.getElementById("answers").replaceChildren(...(board.answers[choice.value] || []).map((said) => {
      const line = document.createElement("p");
      line.textContent = text(said);
      return line;
    }));
    tiles();
    for (const [name, figure] of Object.entries(board.figures)) {
      const place = document.querySelector(`[data-figure="${name}"]`);
      place.hidden = figure.groupOnly && choice.value !== board.all;
      if (place.hidden) continue;
      const rows = rowsOf(figure).filter((row) => figure.matured === null || row.is_matured === figure.matured);
      place.querySelector(".empty").hidden = rows.length > 0;
      Figures.show(name, figure, rows);
    }
    const whole = choice.options[0];
    whole.textContent = whole.dataset[Page.language];
  }

  function fromAddress() {
    const wanted = new URLSearchParams(location.hash.slice(1)).get("store");
    if (wanted && [...choice.options].some((option) => option.value === wanted)) choice.value = wanted;
  }
  choice.addEventListener("change", () => {
    history.replaceState(null, "", choice.value === board.all ? "#" : "#" + new URLSearchParams({ store: choice.value }));
    show();
  });
  addEventListener("hashchange", () => { fromAddress(); show(); });
  Page.onLanguage(show);
  fromAddress();
  show();
})();
