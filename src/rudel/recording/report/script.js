"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  const chips = [...document.querySelectorAll(".chips button")];
  const cards = [...document.querySelectorAll(".card")];
  const show = (severity) => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.severity === severity));
    for (const card of cards) card.hidden = severity !== "" && card.dataset.severity !== severity;
  };
  for (const chip of chips) chip.addEventListener("click", () => show(chip.dataset.severity));

  // A mark on the map leads to its card, also when the filter has hidden it.
  addEventListener("hashchange", () => {
    const card = document.getElementById(location.hash.slice(1));
    if (card && card.hidden) {
      show("");
      card.scrollIntoView();
    }
  });

  const zoom = document.getElementById("zoom");
  const large = zoom.querySelector("img");
  for (const picture of document.querySelectorAll(".pair img")) {
    picture.classList.add("zoomable");
    picture.tabIndex = 0;
    const open = () => {
      large.src = picture.src;
      large.alt = picture.alt;
      zoom.showModal();
    };
    picture.addEventListener("click", open);
    picture.addEventListener("keydown", (event) => {
      if (event.key === "Enter") open();
    });
  }
  zoom.addEventListener("click", () => zoom.close());
})();
