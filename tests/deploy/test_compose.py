"""compose: each container gets only what it needs, and one proxy is trusted (S18)."""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

from tests.architecture.test_settings import read as settings_read

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name for name, each in SERVICES.items() if each["image"] == "portal"}
SITE = (DEPLOY / "nginx/portal.conf").read_text()


def example(name: str) -> dict[str, str]:
    text = (DEPLOY / name).read_text()
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def test_portal_settings_reach_only_portal_containers() -> None:
    given = {name for name, each in SERVICES.items() if each.get("env_file") == "portal.env"}
    assert given == OURS
    assert not any("environment" in each for each in SERVICES.values())


def test_database_gets_only_its_password() -> None:
    assert SERVICES["db"]["env_file"] == "db.env"
    assert set(example("db.env.example")) == {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"}
    assert not set(example("db.env.example")) & (
        settings_read() | set(example("portal.env.example"))
    )


@pytest.mark.parametrize("name", ["proxy", "redis"])
def test_other_containers_get_no_settings(name: str) -> None:
    assert "env_file" not in SERVICES[name]


def test_only_proxy_address_is_trusted() -> None:
    trusted = ip_address(example("portal.env.example")["TRUSTED_PROXIES"])
    [(network, place)] = SERVICES["proxy"]["networks"].items()
    assert str(trusted) == place["ipv4_address"]
    [pool] = COMPOSE["networks"][network]["ipam"]["config"]
    assert trusted in ip_network(pool["subnet"])


def test_only_web_shares_network_with_proxy() -> None:
    members = {name for name, each in SERVICES.items() if "front" in each.get("networks", ())}
    assert members == {"proxy", "web"}


def test_only_proxy_publishes_ports() -> None:
    assert {name for name, each in SERVICES.items() if "ports" in each} == {"proxy"}


@pytest.mark.parametrize("name", ["db", "redis"])
def test_stores_are_internal(name: str) -> None:
    assert SERVICES[name]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_mounted_files_exist() -> None:
    mounted = [volume.split(":")[0] for volume in SERVICES["proxy"]["volumes"]]
    for path in mounted:
        assert path == "./tls" or (DEPLOY / path).is_file(), path


def test_secrets_stay_out_of_git_and_image() -> None:
    root = DEPLOY.parent
    ignored = (root / ".gitignore").read_text().splitlines()
    assert {"/deploy/portal.env", "/deploy/db.env", "/deploy/tls/"} <= set(ignored)
    assert not re.search(r"^!deploy", (root / ".dockerignore").read_text(), re.MULTILINE)


SERVERS = re.split(r"^server \{", SITE, flags=re.MULTILINE)[1:]


def test_proxy_drops_requests_for_other_hosts() -> None:
    fallback, *named = SERVERS
    assert "listen 80 default_server" in fallback
    assert "listen 443 ssl default_server" in fallback
    assert "ssl_reject_handshake on" in fallback
    assert "return 444" in fallback
    assert all("server_name portal.example.com;" in server for server in named)


@pytest.mark.parametrize(
    "line",
    [
        "client_header_timeout 10s",
        "client_body_timeout 10s",
        "client_max_body_size 1m",
        "proxy_request_buffering on",
        "proxy_set_header X-Forwarded-For $remote_addr",
        "proxy_set_header X-Forwarded-Proto $scheme",
        "proxy_set_header Host $host",
        "location ~ ^/(healthz|readyz|metrics)$ { return 404; }",
    ],
)
def test_proxy_buffers_and_forwards_client_address(line: str) -> None:
    assert line in SERVERS[-1]


@pytest.mark.parametrize("kind", ["systemd", "compose"])
def test_proxy_finds_the_web_process(kind: str) -> None:
    text = (DEPLOY / f"nginx/upstream.{kind}.conf").read_text()
    where = {"systemd": "127.0.0.1:8000", "compose": "web:8000"}[kind]
    assert f"server {where}" in text
    assert re.search(r"^upstream portal \{$", text, re.MULTILINE)
    assert "proxy_pass http://portal;" in SITE
