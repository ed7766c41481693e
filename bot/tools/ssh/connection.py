"""The SSH connection to each host: kept open, checked against known_hosts, quick to fail."""

from __future__ import annotations

import contextlib
import socket
import threading

import paramiko

from bot.tools.ssh.file_problems import not_a_key, unreadable
from bot.tools.ssh.forward import LOOPBACK, Connect, Forward, Forwards
from bot.tools.ssh.key_files import RefuseKeys, RevokedKeyError, add_known_hosts, read_private_key, unknown_types
from bot.tools.ssh.key_login import KeyLogin, NotByKeyError
from bot.tools.ssh.listening_socket import ListeningSocket, open_socket
from bot.tools.ssh.login import Login
from state.errors import Down, Failed, Unreachable

CONNECT_LIMIT = 10.0  # seconds
LOGIN_LIMIT = 25.0  # seconds for the log-in; a directory service that is asked for the keys may be slow
LONGEST_WORDS = 200  # characters of a server's words in a message
# what OpenSSH's server says in the place of its greeting
_NO_MORE = ("Exceeded MaxStartups", "Not allowed at this time")
UNKNOWN_HOST_KEY = "its host key is unknown"


class Connection:
    """A connection that is opened at its first use, and again after it is lost. Thread-safe.

    A server allows each connection a number of sessions at once (`MaxSessions`, by default 10). For more, another
    connection is opened and kept beside it.
    """

    def __init__(self, where: Login) -> None:
        self.where = where
        self._mutex = threading.Lock()
        self._clients: list[paramiko.SSHClient] = []
        self._forwards = Forwards()

    def channel(self) -> paramiko.Channel:
        """Open a session channel. Raises Unreachable; its message says why."""
        with self._mutex:
            for client in self._live():
                if channel := self._session(client):
                    return channel
            client = self._open()
            if channel := self._session(client):
                return channel
            self._drop(client)
            raise Down(f"Host “{self.where.name}” accepts the connection but opens no session.")

    def forward(self, to: Connect) -> Forward:
        """Open a port on the host's loopback that leads back to this machine; `to` connects to its target.

        Raises Unreachable, Failed (the host allows no forwarding).
        """
        with self._mutex:
            for last in (False, True):
                client = next(iter(self._live()), None) or self._open()
                transport = _transport(client)
                # the library would wait for the answer forever
                cut = threading.Timer(CONNECT_LIMIT, transport.close)
                cut.start()
                try:
                    port = transport.request_port_forward(LOOPBACK, 0, self._forwards.arrived)
                    return self._forwards.add(_forward(transport, port, to))
                except (paramiko.SSHException, EOFError, OSError):
                    if transport.is_active():
                        raise Failed(
                            f"host “{self.where.name}” forwards no port back to the bot (AllowTcpForwarding in its "
                            "sshd_config, or the options of the bot's key in authorized_keys); allow it for this user"
                        ) from None
                    self._drop(client)
                    if last:
                        raise Unreachable(
                            f"The connection to host “{self.where.name}” was lost during the request for a port."
                        ) from None
                finally:
                    cut.cancel()
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connection; the next use opens a new one."""
        with self._mutex:
            for client in list(self._clients):
                self._drop(client)

    def _session(self, client: paramiko.SSHClient) -> paramiko.Channel | None:
        """A session channel; None if the connection was lost, or has as many sessions as the server allows."""
        try:
            return _transport(client).open_session(timeout=CONNECT_LIMIT)
        except paramiko.ChannelException:
            return None  # the connection carries others, which go on
        except (paramiko.SSHException, EOFError, OSError):
            self._drop(client)
            return None

    def _drop(self, client: paramiko.SSHClient) -> None:
        with contextlib.suppress(Exception):
            client.close()
        if client in self._clients:
            self._clients.remove(client)

    def _live(self) -> list[paramiko.SSHClient]:
        for client in list(self._clients):
            transport = client.get_transport()
            if transport is None or not transport.is_active():
                self._drop(client)
        return list(self._clients)

    def _open(self) -> paramiko.SSHClient:
        client = _connect(self.where)
        self._clients.append(client)
        return client


def _transport(client: paramiko.SSHClient) -> paramiko.Transport:
    transport = client.get_transport()
    if transport is None:
        raise EOFError("the connection is closed")
    return transport


def _forward(transport: paramiko.Transport, port: int, to: Connect) -> Forward:
    # the library's own cancel would also drop the handler of every other forward of the connection
    def release() -> None:
        transport.global_request("cancel-tcpip-forward", (LOOPBACK, port), wait=False)

    return Forward(port, to, is_active=transport.is_active, release=release)


def _connect(where: Login) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    revoked: set[bytes] = set()
    client.set_missing_host_key_policy(RefuseKeys(revoked))
    host = f"Host “{where.name}”"
    try:
        authorities = add_known_hosts(where.known_hosts, client.get_host_keys(), revoked)
    except (OSError, ValueError) as error:
        why = unreadable("the known_hosts file", where.known_hosts, where.known_hosts_at, error)
        raise Unreachable(f"{host}: {why}") from None
    sock: ListeningSocket | None = None
    try:
        key = _key(where)
        sock = open_socket(where.host, where.port, CONNECT_LIMIT)
        client.connect(
            where.host,
            where.port,
            sock=sock,
            auth_strategy=KeyLogin(where.user, key),
            disabled_algorithms={"keys": unknown_types(where.host, where.port, client.get_host_keys())},
            timeout=CONNECT_LIMIT,
            banner_timeout=CONNECT_LIMIT,
            auth_timeout=LOGIN_LIMIT,
        )
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        closed = _why_closed(client, error)
        client.close()
        if not_ssh := sock and _why_no_ssh(sock):
            raise Down(f"{host}: {not_ssh}") from None
        why = closed or _why(error)
        if authorities and why.startswith(UNKNOWN_HOST_KEY):
            why += " The bot does not support the file's @cert-authority lines: add the host's own key."
        raise (Down if isinstance(error, ConnectionRefusedError) else Unreachable)(f"{host}: {why}") from None
    return client


def _key(where: Login) -> paramiko.PKey:
    """The private key. Raises Unreachable, and PasswordRequiredException."""
    try:
        return read_private_key(where.key)
    except OSError as error:
        why = unreadable("the private key's file", where.key, where.key_at, error)
    except ValueError:
        why = not_a_key(where.key, where.key_at)
    raise Unreachable(f"Host “{where.name}”: {why}")


def _why_no_ssh(sock: ListeningSocket) -> str:
    """Why a connection that failed was none to an SSH server; empty if it was one, or if nothing is known."""
    if b"SSH-" in sock.heard:
        return ""
    words = "".join(letter for letter in sock.heard.decode(errors="replace").split("\n")[0] if letter.isprintable())
    if words.startswith(_NO_MORE):
        return (
            f"the SSH server takes no connection from here now, and says “{words}” "
            "(MaxStartups or PerSourcePenalties in its sshd_config)."
        )
    if words:
        return f"something other than an SSH server answers there: “{words}”; check the address and its port."
    if sock.at_end:
        return "it closes the connection and sends nothing; check that it is the SSH server and lets the bot in."
    return ""


def _why_closed(client: paramiko.SSHClient, error: Exception) -> str:
    """Why the server closed the connection during the log-in, in its own words; empty if it did not.

    One that refuses a key asks for another; it closes where the key is right and the account may not log in.
    """
    if not isinstance(error, paramiko.AuthenticationException) or "EOF" not in str(error):
        return ""
    handler = getattr(client.get_transport(), "auth_handler", None)  # its get_banner tells nothing once it is closed
    words = (getattr(handler, "banner", None) or b"").decode(errors="replace").split()
    said = "".join(filter(str.isprintable, " ".join(words)))[:LONGEST_WORDS]
    told = f", and says “{said}”" if said else ""
    todo = "check there whether the user may log in now (account expired, /run/nologin, limits of PAM)."
    return f"it closes the connection during the log-in{told}; {todo}"


def _why(error: Exception) -> str:  # noqa: C901, PLR0911, PLR0912  one line for each reason
    match error:
        case paramiko.BadHostKeyException():
            return (
                "its host key has CHANGED; somebody may be intercepting the connection. "
                "Compare the key, then correct known_hosts."
            )
        case paramiko.ssh_exception.IncompatiblePeer() if "host key" in str(error):
            return "it has no host key of a type that known_hosts has for it; compare its keys, then add one there."
        case paramiko.ssh_exception.IncompatiblePeer():
            return f"it accepts nothing that the bot does ({error}); allow newer algorithms in its sshd_config."
        case RevokedKeyError():
            return "known_hosts revokes the key that it shows; somebody may be intercepting the connection. Compare it."
        case paramiko.PasswordRequiredException():  # also an AuthenticationException
            return "the private key has a passphrase; use a key without one."
        case paramiko.AuthenticationException() if "timeout" in str(error):
            return (
                f"it did not say within {LOGIN_LIMIT:.0f} s whether it lets the bot in; see sshd's log there, and what "
                "it asks for users and keys (PAM, AuthorizedKeysCommand)."
            )
        case paramiko.AuthenticationException():
            refused = "it refuses the key; check the user and the key's public half in authorized_keys."
            return str(error) if isinstance(error, NotByKeyError) else refused
        # paramiko reports the second one if its own wait for the banner ends a little after ours
        case paramiko.SSHException() if "banner" in str(error) or "No existing session" in str(error):
            return (
                f"it accepts the connection but sends nothing within {CONNECT_LIMIT:.0f} s; "
                "it hangs, or this is not an SSH server."
            )
        case paramiko.SSHException() if "not found in known_hosts" in str(error):
            return f"{UNKNOWN_HOST_KEY}; compare it, then add it to known_hosts (ssh-keyscan)."
        case socket.gaierror() if error.errno == socket.EAI_AGAIN:
            return "the look-up of its name got no answer; check the bot's DNS."
        case socket.gaierror():
            return "its name cannot be resolved; check the address."
        case ConnectionRefusedError():
            return (
                "nothing listens there, or a firewall refuses this machine; "
                "check that the SSH server is up and the port is right."
            )
        case TimeoutError():
            return f"it did not answer within {CONNECT_LIMIT:.0f} s; check that it is up and reachable from here."
    return f"the connection failed ({type(error).__name__})."
