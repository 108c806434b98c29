/** The page's style sheet: light and dark by the reader's choice, on paper everything open. */
export const STYLE = `
:root {
  --paper: #fbfaf8; --card: #ffffff; --ink: #22252a; --soft: #666d78; --line: #e3e0da; --link: #1d5fa8;
  --good: #1c7c4a; --bad: #b3261e; --open: #8a6100; --lit: #fdecea; --code: #f2f0ec;
  --s0: #7a8ba8; --s1: #93a9c4; --s2: #6f9c93; --s3: #a3b881; --s4: #c9a86a; --s5: #b98c8c;
  --nothing: #c8463c; --verity: #3f8f6b; --signature: #7b6bb0; --refusal: #b9894a; --pcr: #3f76b5; --launch: #2c4f7c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181c; --card: #1e2126; --ink: #e6e4df; --soft: #9aa2ae; --line: #32363d; --link: #8ab8ea;
    --good: #6cc795; --bad: #f08a80; --open: #e0b65c; --lit: #3a2422; --code: #272b31;
    --s0: #5f7191; --s1: #6f87a6; --s2: #548078; --s3: #7e9360; --s4: #9d8250; --s5: #916c6c;
    --nothing: #d9574c; --verity: #4ea37c; --signature: #8f7fc6; --refusal: #c99a5a; --pcr: #5a90cf; --launch: #7fa3d1;
  }
}
* { box-sizing: border-box; }
html { color-scheme: light dark; scroll-behavior: smooth; }
body { margin: 0 auto; padding: 0 1.25rem 4rem; max-width: 74rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
a { color: var(--link); text-underline-offset: .15em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.to-content { position: absolute; left: -100vw; }
.to-content:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.4rem); line-height: 1.15; margin: .2rem 0 .6rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; margin: 3rem 0 1rem; padding-bottom: .35rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .6rem; }
p { margin: .5rem 0; }
code, pre { font: .86em/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
pre { background: var(--code); padding: .75rem 1rem; border-radius: 6px; overflow-x: auto; white-space: pre-wrap; }
.claim { margin-top: 2rem; padding: 1.6rem 1.8rem; background: var(--card); border: 1px solid var(--line);
  border-left: 6px solid var(--open); border-radius: 8px; }
.claim.good { border-left-color: var(--good); }
.claim.bad { border-left-color: var(--bad); }
.eyebrow { margin: 0; color: var(--soft); font-size: .85rem; letter-spacing: .02em; }
.lead { font-size: 1.06rem; max-width: 62ch; }
.totals { display: flex; flex-wrap: wrap; gap: .4rem 1.8rem; padding: 0; margin: 1rem 0; list-style: none; color: var(--soft); }
.states { display: block; width: 100%; height: 8px; margin: 1.1rem 0; border-radius: 4px; background: var(--code); }
.states .pass { fill: var(--good); }
.states .fail, .states .vacuous, .states .flaky, .states .error { fill: var(--bad); }
.states .skip { fill: var(--open); }
.states .not-tested { fill: var(--line); }
.chapter { margin: 1rem 0; }
.chapter > summary { padding: .35rem 0; }
.chapter > summary h3 { display: inline; }
.chapter > summary .states { display: inline-block; width: 8rem; height: 6px; margin: 0 0 0 .8rem; vertical-align: middle; }
.image { white-space: nowrap; margin-right: .8rem; }
.totals b { font-size: 1.3rem; color: var(--ink); }
.facts { display: grid; gap: .2rem; margin: .6rem 0; font-size: .93rem; }
.facts > div { display: grid; grid-template-columns: minmax(7rem, 14rem) 1fr; gap: 1rem; }
dt { color: var(--soft); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
.claim .facts > div { grid-template-columns: 7rem 1fr; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; list-style: none; padding: 0; margin: 1.1rem 0 0; font-size: .95rem; }
.level, .count { color: var(--soft); font-weight: 400; font-size: .85em; }
.mark { display: inline-block; min-width: 6.2em; font-size: .85rem; font-weight: 600; white-space: nowrap; color: var(--soft); }
.mark.pass { color: var(--good); }
.mark.fail, .mark.vacuous, .mark.flaky, .mark.error { color: var(--bad); }
.mark.skip { color: var(--open); }
.mark.not-tested { font-weight: 400; }
.requirements { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.requirement { border-top: 1px solid var(--line); padding: .1rem 1rem; }
.requirement:first-child { border-top: 0; }
.requirement > summary { display: grid; grid-template-columns: 6.2rem 7.6rem 4.4rem 1fr; gap: .6rem; padding: .45rem 0; cursor: pointer; align-items: baseline; }
summary { cursor: pointer; }
.failure { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: 8px; padding: .4rem 1.2rem 1rem; margin: 1rem 0; }
.failure h3 { margin-top: .8rem; }
.finding { border-top: 1px solid var(--line); margin-top: .9rem; padding-top: .4rem; }
.sides, .values { display: grid; gap: .3rem; margin: .5rem 0; }
.sides > div, .values > div { display: grid; grid-template-columns: 10rem 1fr; gap: 1rem; padding: .25rem .6rem; border-radius: 4px; }
.lit { background: var(--lit); }
.command { background: var(--code); padding: .1rem .4rem; border-radius: 4px; user-select: all; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .92rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-top: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 500; border-top: 0; }
tbody th { font-weight: 500; }
.cell.fail, .cell.vacuous, .cell.error, .cell.flaky { background: var(--lit); }
.cell { overflow-wrap: anywhere; min-width: 7rem; }
.again { color: var(--soft); font-weight: 400; }
.tick { color: var(--good); font-weight: 600; }
.boot { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .2rem 1.2rem 1rem; margin: .8rem 0; }
.boot h3 { margin-top: .8rem; }
figure { margin: .4rem 0; }
.timeline svg { width: 100%; height: 14px; display: block; border-radius: 3px; background: var(--code); }
figcaption, .keys { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; color: var(--soft); font-size: .85rem; margin: .4rem 0 0; padding: 0; list-style: none; }
.key { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .4em; }
.shade-0 { fill: var(--s0); background: var(--s0); } .shade-1 { fill: var(--s1); background: var(--s1); }
.shade-2 { fill: var(--s2); background: var(--s2); } .shade-3 { fill: var(--s3); background: var(--s3); }
.shade-4 { fill: var(--s4); background: var(--s4); } .shade-5 { fill: var(--s5); background: var(--s5); }
.pcrs > summary { padding: .4rem 0; }
.pcr { border-top: 1px solid var(--line); padding: .3rem 0 .3rem .8rem; }
.pcr.equal > summary .outcome { color: var(--good); }
.pcr.different > summary .outcome { color: var(--bad); font-weight: 600; }
.pcr.unknown > summary .outcome { color: var(--open); }
.values > div { grid-template-columns: 5rem 1fr; }
.events code { white-space: nowrap; }
.events .type { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em; color: var(--soft); }
.none, .problem { color: var(--bad); }
.integrity svg { width: 100%; height: 40px; display: block; border-radius: 4px; background: var(--code); }
.kind-nothing { fill: var(--nothing); background: var(--nothing); } .kind-verity { fill: var(--verity); background: var(--verity); }
.kind-signature { fill: var(--signature); background: var(--signature); } .kind-refusal { fill: var(--refusal); background: var(--refusal); }
.kind-pcr { fill: var(--pcr); background: var(--pcr); } .kind-launch { fill: var(--launch); background: var(--launch); }
.unprotected b { color: var(--bad); }
@media (max-width: 46rem) {
  .requirement > summary { grid-template-columns: auto auto 1fr; }
  .requirement > summary > span:last-child { grid-column: 1 / -1; }
  .facts > div, .claim .facts > div, .sides > div { grid-template-columns: 1fr; gap: 0; }
  .claim { padding: 1.1rem 1.2rem; }
}
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --lit: #eee; --code: #f4f4f4; --link: #000; }
  body { max-width: none; font-size: 10.5pt; }
  nav, .to-content { display: none; }
  details::details-content { content-visibility: visible; }
  .pcrs:not([open])::details-content { content-visibility: hidden; }
  .failure, .requirement, .integrity, tr { break-inside: avoid; }
}
`;
