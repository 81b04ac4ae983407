"use strict";
const body = document.querySelector("#scans tbody");
const heads = [...document.querySelectorAll("#scans th")];
const known = (cell) => cell.dataset.value !== "" && cell.dataset.value !== undefined;
heads.forEach((head, column) => {
  const button = head.querySelector("button");
  if (!button) return;
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const number = head.dataset.kind === "number";
    const rows = [...body.rows].sort((one, other) => {
      const [a, b] = [one.cells[column], other.cells[column]];
      if (!known(a) || !known(b)) return known(b) - known(a);
      const order = number
        ? Number(a.dataset.value) - Number(b.dataset.value)
        : a.dataset.value.localeCompare(b.dataset.value, "en", { numeric: true });
      return down ? -order : order;
    });
    rows.forEach((row) => body.append(row));
  });
});
