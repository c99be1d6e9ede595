"""An OpenID provider of the tests' own: discovery, authorize, token, keys. Everybody is let in as `subject`."""

import contextlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

CLIENT, PASSWORD = "study", "client-secret"


class Provider:
    """address: without a slash at its end. subject: who logs in next."""

    def __init__(self, port: int):
        self.address, self.subject = f"http://127.0.0.1:{port}", "pupil-1"
        self.key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"}, private=True)
        self.asked: dict[str, dict[str, str]] = {}  # code -> what was asked with it
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/keys", self.keys),
            ]
        )

    async def discovery(self, request: Request) -> JSONResponse:
        known = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse(known)

    async def authorize(self, request: Request) -> RedirectResponse:
        code, asked = secrets.token_hex(8), dict(request.query_params)
        self.asked[code] = asked | {"sub": self.subject}
        answer = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{answer}", status_code=302)

    async def token(self, request: Request) -> JSONResponse:
        asked, now = self.asked.pop((await request.form())["code"]), int(time.time())
        claims = {"iss": self.address, "sub": asked["sub"], "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "name": "Somebody Real", "email": f"{asked['sub']}@school.example"}
        signed = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self.key)
        return JSONResponse({"access_token": "none", "token_type": "Bearer", "expires_in": 300, "id_token": signed})

    async def keys(self, request: Request) -> JSONResponse:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider that runs, on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server runs waits
        made = Provider(listening.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(made.app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield made
        server.should_exit = True
        thread.join(10)


def settings(made: Provider, app: str) -> str:
    """.streamlit/secrets.toml for the app at this address."""
    return f"""[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "{secrets.token_hex(16)}"
client_id = "{CLIENT}"
client_secret = "{PASSWORD}"
server_metadata_url = "{made.address}/.well-known/openid-configuration"
"""
