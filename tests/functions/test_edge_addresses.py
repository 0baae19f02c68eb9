"""From where somebody asks is what our own proxy saw."""

import azure.functions as func
import pytest

from functions.edge.addresses import sender_of


def from_(told: str | None, proxies: int = 1) -> str | None:
    headers = {} if told is None else {"X-Forwarded-For": told}
    return sender_of(func.HttpRequest("GET", "/", headers=headers, body=b""), proxies)


class TestSender:
    @pytest.mark.parametrize(
        ("told", "address"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:50123", "203.0.113.9"),
            ("198.51.100.1, 203.0.113.9:50123", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2:aaaa::1]:443", "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("fe80::1%eth0", "fe80::/64"),
        ],
    )
    def test_is_the_last_that_is_named_without_its_port(self, told: str, address: str) -> None:
        assert from_(told) == address

    def test_is_seen_through_several_proxies(self) -> None:
        assert from_("198.51.100.1, 203.0.113.9, 10.0.0.4", 2) == "203.0.113.9"

    @pytest.mark.parametrize("told", [None, "", " , ", "nobody", "203.0.113.999", "<script>", "1" * 5000])
    def test_that_cannot_be_read_is_one_for_all(self, told: str | None) -> None:
        """Whoever hides where they come from shares a limit with all who do."""
        assert from_(told) == "unknown"

    def test_is_not_believed_where_no_proxy_stands(self) -> None:
        assert from_("203.0.113.9", 0) is None

    def test_is_unknown_when_fewer_have_spoken_than_stand_there(self) -> None:
        assert from_("203.0.113.9", 2) == "unknown"
