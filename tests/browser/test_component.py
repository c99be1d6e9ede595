"""What a component of ours is given: unpacked and shown in order, and in the order in which it was told."""

from base64 import b64encode

from study.shell.component import STUB, packed
from study.shell.parts import part_url

#: Told at once: much, and twice a little; then the second one ends. Each is shown by a script that notes it.
TELL = """async ([stub, messages]) => {
  const shown = window.__shown = [], place = document.createElement("div");
  const url = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const script = url(`export default ({ data }) => {
    window.__shown.push(data.n);
    return () => window.__shown.push(-data.n);
  }`);
  const { default: component } = await import(url(stub));
  const bytes = (text) => Uint8Array.from(atob(text), (ch) => ch.charCodeAt(0));
  const repack = async (text) => {  // the same data with the address of this script in it
    const open = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
    const data = { ...await new Response(open).json(), script };
    const shut = new Blob([JSON.stringify(data)]).stream().pipeThrough(new CompressionStream("deflate"));
    return new Uint8Array(await new Response(shut).arrayBuffer());
  };
  const ready = await Promise.all(messages.map(repack));
  const ends = ready.map((data) => component({ data, parentElement: place }));
  ends[1]();
  const late = Date.now() + 60_000;
  while (shown.length <= messages.length && Date.now() < late) await new Promise((done) => setTimeout(done, 50));
  return shown;
}"""


def test_what_is_told_later_is_shown_later_however_long_it_takes_to_unpack(t5):
    told = [{"n": 1, "much": [str(i * i) for i in range(150_000)]}, {"n": 2}, {"n": 3}]
    messages = [b64encode(packed(data)).decode() for data in told]
    shown = t5().evaluate(TELL, [STUB % part_url("component.js"), messages])
    assert [n for n in shown if n > 0] == [1, 2, 3] and shown.index(-2) > shown.index(2)
