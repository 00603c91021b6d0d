"""What is done from a terminal: ``./vejviser adviser add``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from sqlalchemy.ext.asyncio import AsyncSession

from bot import clock
from bot.i18n.catalogs import Catalogs
from bot.settings import SettingError, Settings
from bot.store import advisers, users
from bot.store.sessions import Sessions

Result = TypeVar("Result")


@click.group()
def main() -> None:
    """Vejviser's own commands."""


@main.group()
def adviser() -> None:
    """Who may sign in to the advisers' console."""


@adviser.command()
@click.argument("login")
@click.option("--name", required=True, help="First name, as citizens see it.")
@click.option("--role", type=click.Choice(advisers.ROLES), default="adviser", show_default=True)
@click.option("--reads", default="da en", show_default=True, help="Codes of the languages read, with spaces between.")
def add(login: str, name: str, role: str, reads: str) -> None:
    """Invite LOGIN and print the one-time code."""
    unfit = users.unfit(login=login, name=name, languages=reads.split(), known=Catalogs.installed().languages)
    if "login" in unfit:
        raise click.BadParameter("small letters, digits, dot and hyphen, at least two of them", param_hint="LOGIN")
    if "languages" in unfit:
        known = " ".join(Catalogs.installed().languages)
        raise click.BadParameter(f"not all of them are among the languages: {known}", param_hint="--reads")
    if "name" in unfit:
        raise click.BadParameter("1 to 40 characters", param_hint="--name")

    async def invite(session: AsyncSession) -> str:
        return await advisers.invite(session, login=login, name=name.strip(), role=role, languages=reads.split(), now=clock.now())

    try:
        code = _in_store(invite)
    except advisers.TakenLogin as taken:
        raise click.ClickException(f"{login} is there already; choose another login.") from taken
    click.echo(f"{name} signs in at the console's address, /velkommen, within 48 hours, once, with\n  {login}\n  {code}")


@adviser.command("list")
def every() -> None:
    """Who may sign in."""
    for user in _in_store(users.everybody):
        row = user.adviser
        click.echo(f"{row.login}\t{row.name}\t{row.role}\t{' '.join(row.languages)}\t{'' if user.enrolled else 'invited'}".rstrip())


@adviser.command()
@click.argument("login")
def remove(login: str) -> None:
    """End LOGIN's access: every session ends at once."""

    async def end(session: AsyncSession) -> bool:
        found = next((user.adviser for user in await users.everybody(session) if user.adviser.login == login), None)
        if found is not None:
            await users.end_access(session, found.id, now=clock.now())
        return found is not None

    try:
        known = _in_store(end)
    except users.LastAdministrator as last:
        raise click.ClickException(f"{login} is the last administrator; add another first.") from last
    if not known:
        raise click.ClickException(f"Nobody here is called {login}; see: ./vejviser adviser list")
    click.echo(f"{login} can no longer sign in.")


def _in_store(act: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        settings = Settings.read()
        settings.home.mkdir(parents=True, exist_ok=True)
        sessions = Sessions.to(settings.database_url)
        try:
            await sessions.migrate()
            async with sessions.writing() as session:
                return await act(session)
        finally:
            await sessions.close()

    try:
        return asyncio.run(run())
    except SettingError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
