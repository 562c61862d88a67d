"""An OAuth server made with django-oauth-toolkit, over a database of its own in a temporary folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

WRONG = {"error": "invalid_grant", "error_description": "Invalid credentials given."}
"""How the library refuses a wrong password."""

DISCOVERED = True
"""Whether its metadata say where its endpoints are, for an issuer that is known by the address it has here."""


def make(credentials: dict[str, str], lifetime: int) -> Any:
    """Make the server with the accounts that some credentials name, and access tokens of so many seconds.

    Django has one configuration a process.
    """
    folder = tempfile.TemporaryDirectory(prefix="toolkit-")
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        # Each address is served by one thread, which keeps its connection.
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": Path(folder.name) / "db.sqlite3",
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
        MIDDLEWARE=[],
        OAUTH2_PROVIDER={
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.several_grants",
            "ACCESS_TOKEN_EXPIRE_SECONDS": lifetime,
        },
        # What is tried here is no hash.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF=f"{__name__}",
        SECRET_KEY="a key for nothing",
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User
    from django.db import connection
    from oauth2_provider.models import Application

    for who in ("", "other_"):
        User.objects.create_user(credentials[f"{who}username"], password=credentials[f"{who}password"])
        Application.objects.create(
            client_id=credentials[f"{who}client_id"],
            client_secret=credentials[f"{who}client_secret"],
            hash_client_secret=False,
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_PASSWORD,
        )
    # It belongs to this thread, and requests are answered in others.
    connection.close()
    app = get_wsgi_application()
    app.close = folder.cleanup
    return app


def several_grants(*words: Any, **named: Any) -> Any:
    """Make the validator: the library's, for a client that may use three grants where the library allows one."""
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):  # type: ignore[misc]
        def validate_grant_type(
            self, client_id: str, grant_type: str, client: Any, request: Any, *_: Any, **__: Any
        ) -> bool:
            return grant_type in ("password", "client_credentials", "refresh_token")

    return Validator(*words, **named)


def __getattr__(name: str) -> Any:
    # Django asks its module of addresses for these once it is set up, and views cannot be imported before.
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.http import JsonResponse
    from django.urls import include, path
    from oauth2_provider.decorators import protected_resource
    from oauth2_provider.views import IntrospectTokenView, OAuthServerMetadataView, RevokeTokenView, TokenView

    @protected_resource()
    def balance(request: Any, group: str) -> Any:
        return JsonResponse({"balance": 12.5, "group": group})

    known = OAuthServerMetadataView.as_view()
    # By these names the metadata look for them.
    named = [
        path("oauth/token", TokenView.as_view(), name="token"),
        path("oauth/revoke", RevokeTokenView.as_view(), name="revoke-token"),
        path("oauth/introspect", IntrospectTokenView.as_view(), name="introspect"),
        path(".well-known/oauth-authorization-server", known),
        path(".well-known/oauth-authorization-server/<path:issuer_path>", known),
    ]
    return [
        path("", include((named, "oauth2_provider"))),
        path("api/billing-groups/<group>/balance", balance),
    ]
