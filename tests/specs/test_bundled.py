"""What the bundled dialects promise to whoever writes a target file: credentials by role, and what is called by default."""

from __future__ import annotations

import pytest

from watchword.specs.codec import draft, encode
from watchword.specs.loader import bundled, load_dialect

OTHERS = ("other_username", "other_password")
CLIENTS = ("other_client_id", "other_client_secret")
CREDENTIALS = {
    "sensu": (("username", "password"), OTHERS),
    "fusio": (("username", "password", "client_id", "client_secret"), (*OTHERS, *CLIENTS)),
    "rator": (
        ("username", "password", "client_id", "client_secret", "brand_key"),
        ("operator_username", "operator_password", *OTHERS, "other_brand_key", *CLIENTS),
    ),
    "oauth2": (("client_id", "client_secret"), ("username", "password", *OTHERS, *CLIENTS)),
}
RESOURCES = {
    "sensu": ("GET", "/api/core/v2/namespaces"),
    "fusio": ("GET", "/authorization/whoami"),
    "rator": ("GET", "/api/billing-groups/201506171857210002/balance"),
    "oauth2": ("GET", "/resource"),
}


def test_bundled_dialects() -> None:
    """Four dialects are bundled, each a folder of its name with three files."""
    assert set(CREDENTIALS) == set(bundled())
    assert [] == [
        f"{name}/{file}"
        for name, folder in bundled().items()
        for file in ("openapi.yaml", "clauses.yaml", "profiles.yaml")
        if folder.name != name or not (folder / file).is_file()
    ]


@pytest.mark.parametrize(("name", "required", "optional"), [(name, *both) for name, both in CREDENTIALS.items()])
def test_credentials(name: str, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    """The required and the optional credentials are these and no others, and the mock announces all of them."""
    dialect = load_dialect(name)

    assert required == dialect.api.required_credentials
    assert optional == dialect.api.optional_credentials
    assert {*required, *optional} <= set(dialect.world.credentials)


@pytest.mark.parametrize("name", RESOURCES)
def test_default_resource(name: str) -> None:
    """The protected operation that is called by default."""
    dialect = load_dialect(name)
    resource = dialect.api.with_purpose("resource")[0]
    request = encode(draft(resource, {**dialect.world.credentials, "access_token": "t"}))

    assert RESOURCES[name] == (request.method, request.path)


def test_second_base_url() -> None:
    """Two dialects have their protected operations on a base URL of their own, and one has metadata at the issuer's origin."""
    bases = {name: set(load_dialect(name).api.bases) for name in bundled()}
    both = {"url", "resource_url"}

    assert {"sensu": {"url"}, "fusio": {"url"}, "rator": both, "oauth2": both | {"issuer"}} == bases


def test_loading_by_name_and_by_folder() -> None:
    """A dialect is the same whether it is asked for by its name or by its folder, and it is read once."""
    for name, folder in bundled().items():
        assert load_dialect(name) is load_dialect(folder)
        assert load_dialect(name) is load_dialect(str(folder))
