"""Keys. Each conversation's words lie under a random key of its own; that key lies under the master key.

The master key is a file outside the database. Destroying a conversation's wrapped key destroys its words everywhere.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class WrongKey(Exception):
    """The words were encrypted under another key, or were changed."""


class Keyring:
    """Wraps and unwraps conversation keys with the master key [32 bytes]."""

    def __init__(self, master: bytes) -> None:
        self._master = AESGCM(master)

    @classmethod
    def open(cls, path: Path) -> Keyring:
        """The keyring whose master key is the file ``path``, made at the first start, readable by its owner only."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(AESGCM.generate_key(256))
        return cls(path.read_bytes())

    def new_key(self, conversation_id: str) -> bytes:
        """A fresh key for ``conversation_id``, wrapped."""
        return _seal(self._master, AESGCM.generate_key(256), conversation_id)

    def unwrap(self, wrapped: bytes, conversation_id: str) -> ConversationKey:
        """The key of ``conversation_id``.

        Raises:
            WrongKey: it was wrapped under another master key or for another conversation.
        """
        return ConversationKey(AESGCM(_unseal(self._master, wrapped, conversation_id)), conversation_id)

    def seal(self, secret: str, bound_to: str) -> bytes:
        """A short secret of our own under the master key, such as an adviser's second factor."""
        return _seal(self._master, secret.encode(), bound_to)

    def unseal(self, sealed: bytes, bound_to: str) -> str:
        """What ``seal`` sealed.

        Raises:
            WrongKey: it was sealed under another master key or for another.
        """
        return _unseal(self._master, sealed, bound_to).decode()


class ConversationKey:
    """Encrypts and decrypts one conversation's words, bound to its id: a body cannot be moved to another."""

    def __init__(self, cipher: AESGCM, conversation_id: str) -> None:
        self._cipher = cipher
        self._id = conversation_id

    def encrypt(self, words: str) -> bytes:
        return _seal(self._cipher, words.encode(), self._id)

    def decrypt(self, sealed: bytes) -> str:
        return _unseal(self._cipher, sealed, self._id).decode()


def new_secret() -> str:
    """256 bits that only the person's page holds."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret. A fast hash is enough: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, stored: bytes) -> bool:
    """Whether ``secret`` is the one that ``stored`` was made from."""
    return hmac.compare_digest(hash_of(secret), stored)


def _seal(cipher: AESGCM, plain: bytes, bound_to: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def _unseal(cipher: AESGCM, sealed: bytes, bound_to: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
    except InvalidTag as error:
        raise WrongKey from error
