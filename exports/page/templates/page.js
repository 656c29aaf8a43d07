"use strict";
const Page = (() => {
  const root = document.documentElement;
  const titles = { zh: document.title, en: document.querySelector("title").dataset.titleEn || document.title };
  const listeners = [];
  const kept = (key) => { try { return localStorage.getItem("xubao." + key); } catch { return null; } };
  const keep = (key, value) => { try { localStorage.setItem("xubao." + key, value); } catch { /* file opened in a locked-down browser */ } };

  function setLanguage(language) {
    root.dataset.language = language;
    root.lang = language === "en" ? "en" : "zh-CN";
    document.title = titles[language];
    keep("language", language);
    listeners.forEach((tell) => tell(language));
  }
  function setTheme(theme) {
    root.dataset.theme = theme;
    keep("theme", theme);
  }
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  document.querySelector(".tools").hidden = false;
  document.getElementById("language").addEventListener("click", () => setLanguage(root.dataset.language === "zh" ? "en" : "zh"));
  document.getElementById("theme").addEventListener("click", () => setTheme(isDark() ? "light" : "dark"));
  document.getElementById("print").addEventListener("click", () => print());
  if (kept("theme")) root.dataset.theme = kept("theme");
  if (kept("language") === "en") setLanguage("en");
  return {
    get language() { return root.dataset.language; },
    onLanguage(tell) { listeners.push(tell); },
  };
})();
