"""The ways by which files leave: each a module with one interface (shipping.Channel), opened by what is declared."""

from __future__ import annotations

from datetime import date

from exports.channels.settings import FolderSettings, Settings, SftpSettings, SmtpSettings
from exports.channels.shipping import Channel


def open_channel(settings: Settings, as_of: date) -> Channel:
    """The channel for a night's files. Raises ChannelDownError if its connection does not exist or is not whole."""
    match settings:
        case FolderSettings():
            from exports.channels.folder import Folder

            return Folder(settings, as_of)
        case SftpSettings():
            from exports.channels.sftp import Sftp

            return Sftp(settings, as_of)
        case SmtpSettings():
            from exports.channels.smtp import Smtp

            return Smtp(settings, as_of)
        case _:
            from exports.channels.wecom import Wecom

            return Wecom(settings, as_of)
