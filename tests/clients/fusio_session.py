"""One session of the Fusio SDK, run by a Python that has it: prints a JSON object with what came of each step.

The arguments are the base URL of the API and, as JSON, the credentials by role.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import sdkgen
from sdk.client import Client
from sdk.consumer_user_login import ConsumerUserLogin


def outcome(step: Callable[[], Any]) -> Any:
    """Give what a step gives, or the name of the error it ends with."""
    try:
        return step()
    except sdkgen.ClientException as error:
        payload = getattr(error, "payload", None)
        return f"{type(error).__name__}: {payload.message if payload else error}"


def session(url: str, given: dict[str, str]) -> dict[str, Any]:
    """Log in as a user and as an app, ask who the tokens speak of, and renew."""
    anonymous = Client(url, sdkgen.Anonymous())
    login = ConsumerUserLogin(username=given["username"], password=given["password"], scopes=None)
    jwt = anonymous.consumer().account().login(login)
    user = Client(url, sdkgen.HttpBearer(jwt.token))

    store = sdkgen.MemoryTokenStore()
    # The SDK reads the store of the credentials and writes its own, so it wants one even where memory would do.
    oauth = sdkgen.OAuth2(given["client_id"], given["client_secret"], f"{url}/authorization/token", "", store, None)
    app = Client(url, oauth)
    app_name = app.authorization().get_whoami().name
    token = store.get()

    narrow = sdkgen.OAuth2(
        given["client_id"],
        given["client_secret"],
        f"{url}/authorization/token",
        "",
        sdkgen.MemoryTokenStore(),
        ["authorization", "default"],
    )
    nobody = Client(url, sdkgen.HttpBearer("no-token-of-this-server"))
    return {
        "login": {"expires_in": jwt.expires_in, "has_refresh_token": bool(jwt.refresh_token)},
        "user": user.authorization().get_whoami().name,
        "app": app_name,
        "app_again": app.authorization().get_whoami().name,
        "same_token": token.access_token == store.get().access_token,
        "narrowed_scope": Client(url, narrow).authenticator.fetch_access_token_by_client_credentials().scope,
        "refused": outcome(lambda: nobody.authorization().get_whoami().name),
        "renewal": outcome(lambda: app.authenticator.fetch_access_token_by_refresh(token.refresh_token).token_type),
    }


if __name__ == "__main__":
    json.dump(session(sys.argv[1], json.loads(sys.argv[2])), sys.stdout)
