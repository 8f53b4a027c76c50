"""A mail server that keeps what it is sent: as much of SMTP as `smtplib` speaks."""

import socketserver
import threading
from email import message_from_bytes, policy


class Mailbox(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback interface until it is closed."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.messages = []
        super().__init__(("127.0.0.1", 0), Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.server_address[1]

    def take(self):
        """The messages since the last time, by recipient."""
        taken, self.messages = self.messages, []
        return {message["To"]: message for message in taken}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 mailbox")
        for line in self.rfile:
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"DATA":
                self.say("354 go on")
                self.server.messages.append(self.message())
                self.say("250 kept")
            elif verb == b"QUIT":
                return self.say("221 bye")
            else:
                self.say("250 mailbox")
        return None

    def message(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return message_from_bytes(b"".join(lines), policy=policy.default)

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")
