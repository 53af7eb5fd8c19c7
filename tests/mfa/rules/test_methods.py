"""Methods: which level each kind of factor proves."""

import pytest

from mfa.rules.methods import WAYS, ChannelName, is_strong

STRONG = set(ChannelName) - {ChannelName.EMAIL}


@pytest.mark.parametrize("channel", ChannelName)
def test_all_methods_except_email_prove_aal2(channel):
    assert is_strong(channel.value) is (channel in STRONG)


def test_each_channel_asks_one_kind():
    assert sorted(way.channel for way in WAYS.values()) == sorted(ChannelName)
