"""Many who come at once, without browsers:  python -m tests.load.connects [connections]

Opens 1,000 websockets as fast as they are let in, keeps them, and asks for the home page in the first and the last.
Prints how long that took and how many were refused; nothing is asserted. The system must allow so many open files.
"""

import asyncio
import contextlib
import sys
import time

from tests.bench.reader import Reader
from tests.browser.driver import served

AT_ONCE = 64  # handshakes under way


async def come(url: str, count: int) -> None:
    readers, gate = [Reader(url) for _ in range(count)], asyncio.Semaphore(AT_ONCE)

    async def enter(reader: Reader) -> None:
        async with gate:
            await reader.open()

    began = time.perf_counter()
    results = await asyncio.gather(*map(enter, readers), return_exceptions=True)
    took = time.perf_counter() - began
    refused = [result for result in results if result is not None]
    print(f"{count} connections in {took:.2f} s ({count / took:.0f} a second), refused {len(refused)}")
    for error in set(map(repr, refused[:20])):
        print(f"  {error}")
    for name, reader in (("first", readers[0]), ("last", readers[-1])):
        with contextlib.suppress(Exception):
            print(f"the {name} one has its home page after {await reader.visit():.2f} s, errors {reader.errors}")
    for reader in readers:
        await reader.close()


def main() -> None:
    count = int(sys.argv[1]) if sys.argv[1:] else 1000
    with served() as url:
        asyncio.run(come(url, count))


if __name__ == "__main__":
    main()
