// What in a text tells who somebody is, before it is sent. The server looks again, and more closely.

// 01-02-2026, 2026-02-01 and 10.30-12.30 have eight digits too.
const TIME = /^\d\d[ .-]\d\d[ .-](19|20)\d\d$|^(19|20)\d\d-\d\d-\d\d$|^\d\d\.\d\d ?[–-] ?\d\d\.\d\d$/;

/** CPR numbers, e-mail addresses and phone numbers in `text`, as [kind, found]. The numbers this page shows are nobody's. */
export function telling(text, own = ownNumbers()) {
  const plain = text.replace(/[٠-٩۰-۹]/g, (digit) => digit.charCodeAt(0) & 15);
  const found = (plain.match(/[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]{2,}/g) ?? []).map((hit) => ["email", hit]);
  for (const [hit] of plain.matchAll(/\+?\d(?:[ .\u00a0–-]{0,3}\d){7,}/g)) {
    const digits = hit.replace(/\D/g, "").replace(/^(00)?45(?=\d{8}$)/, "");
    if (digits.length === 10 && /^\d{6}\D{0,3}\d{4}$/.test(hit)) found.push(["cpr", hit]);
    else if (digits.length === 8 && !TIME.test(hit) && !own.has(digits)) found.push(["phone", hit]);
  }
  // The places are the same in `text`, which may have other digits.
  return found.map(([kind, hit]) => [kind, text.substr(plain.indexOf(hit), hit.length)]);
}

const ownNumbers = () => new Set([...document.querySelectorAll(".card .call")].map((a) => a.href.replace(/\D/g, "").replace(/^45/, "")));
