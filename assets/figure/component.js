// Shows what a component of ours was given: unpacks it, and lets the script that it names show it.
const turns = new WeakMap();  // of each component's place: what is told later is shown later, however long it unpacks

// component: as Streamlit hands it over, its data deflated JSON. Resolves to what ends it.
export default function (component) {
  const at = component.parentElement, turn = show(component, turns.get(at));
  turns.set(at, turn.catch(() => {}));
  return turn;
}

async function show(component, before) {
  const stream = new Blob([component.data]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).json();
  const script = await import(new URL(data.script, import.meta.url).href);
  await before;
  if (!component.parentElement) return undefined;  // its place has gone meanwhile
  return script.default({ ...component, data });
}
