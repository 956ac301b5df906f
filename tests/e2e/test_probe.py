"""Does `pushlab probe` find what real proxies do to streams and upgrades, blind, and nothing on a direct path?
HAProxy, nginx and Caddy with known faults; all probes at once, as each watches for some seconds."""

import json
import os
import re
import shutil
import socket
import subprocess
import unittest

from harness import BIN, Program, TestCase, wait_until

SBIN = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
MISSING = [name for name in ("haproxy", "nginx", "caddy") if shutil.which(name, path=SBIN) is None]
IDLE_S = 12


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Probe(TestCase):
    def probe(self, url, *options):
        return self.start(Program([BIN / "pushlab", "probe", url, "--json", "--idle", str(IDLE_S), *options]))

    def found(self, probe, code):
        self.assertEqual(probe.wait(IDLE_S + 30), code, probe.stderr() + probe.stdout())
        self.assertNotIn("Sanitizer", probe.stderr())
        return {f["topic"]: f for f in json.loads(probe.stdout())["findings"]}

    def states(self, found):
        return {topic: f["state"] for topic, f in found.items()}

    def obstacles(self, found):
        return {topic for topic, f in found.items() if f["state"] == "in the way"}

    @unittest.skipIf(MISSING, f"no {', '.join(MISSING)}")
    def test_faults_of_proxies_are_found_and_nothing_on_a_direct_path(self):
        server, folder = self.server("--rate", "20"), self.temp_dir()
        for name in ("b", "p", "f", "u", "s"):
            (folder / name).mkdir()
        plain, old, packed, cut, lumpy, caddy = free_ports(6)
        passes = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
        (folder / "nginx.conf").write_text(f"""
            daemon off; master_process off; pid {folder}/pid; error_log {folder}/err.log;
            events {{}}
            http {{
              access_log off; proxy_http_version 1.1; proxy_read_timeout 3600s; proxy_buffering off;
              client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
              uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
              map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
              server {{ listen 127.0.0.1:{plain}; location / {{ proxy_pass {server.url}; {passes} }} }}
              server {{ listen 127.0.0.1:{old}; proxy_read_timeout 5s;
                        location / {{ proxy_pass {server.url}; proxy_set_header Connection ""; }} }}
              server {{ listen 127.0.0.1:{packed}; gzip on; gzip_types *; gzip_min_length 1;
                        location / {{ proxy_pass {server.url}; {passes} }} }}
            }}""")
        (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 2s
  timeout client 60s
frontend cut
  bind 127.0.0.1:{cut}
  option http-no-delay
  default_backend cut
backend cut
  option http-no-delay
  timeout server 6s
  timeout tunnel 9s
  server s {server.host}:{server.port}
frontend lumpy
  bind 127.0.0.1:{lumpy}
  default_backend lumpy
backend lumpy
  timeout server 60s
  server s {server.host}:{server.port}
""")
        (folder / "Caddyfile").write_text(f"""
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{caddy} {{
  bind 127.0.0.1
  @upgrade header Connection *Upgrade*
  respond @upgrade "no WebSockets here" 403
  reverse_proxy {server.host}:{server.port}
}}
""")
        env = {"PATH": SBIN, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        nginx = self.start(Program(["nginx", "-p", folder, "-e", folder / "err.log", "-c", folder / "nginx.conf",
                                    *(["-g", "user root;"] if os.geteuid() == 0 else [])], env=env))
        self.start(Program(["haproxy", "-db", "-f", folder / "haproxy.cfg"], env=env))
        self.start(Program(["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"], env=env))
        for port in (plain, old, packed, cut, lumpy, caddy):
            wait_until(lambda: answers(port), f"port {port}", state=nginx.describe)
        at = "http://127.0.0.1:"
        direct, through, held, gzip, short, lumps, refused = (
            self.probe(url) for url in (server.url, f"{at}{plain}", f"{at}{old}", f"{at}{packed}", f"{at}{cut}",
                                        f"{at}{lumpy}", f"{at}{caddy}"))

        self.assertEqual(self.obstacles(self.found(direct, 0)), set())
        self.assertEqual(self.obstacles(self.found(through, 0)), set())

        found = self.found(held, 3)
        self.assertEqual(self.obstacles(found), {"WebSocket", "held request", "silent stream"})
        self.assertIn("426 by nginx", found["WebSocket"]["found"])
        self.assertIn("with 504 by nginx", found["held request"]["found"])
        self.assert_seconds(found["held request"]["found"], 5)

        found = self.found(gzip, 0)
        self.assertIn("compressed (gzip)", found["compression"]["found"])

        found = self.found(short, 3)
        self.assertEqual(self.obstacles(found), {"held request", "silent stream", "silent WebSocket"})
        self.assert_seconds(found["silent stream"]["found"], 6)
        self.assert_seconds(found["silent WebSocket"]["found"], 9)
        self.assertRegex(found["silent stream"]["found"], "a heartbeat every [25] s kept it open, one every")
        self.assertIn("a heartbeat every 5 s kept it open, one every 10 s did not", found["silent WebSocket"]["found"])

        # Without http-no-delay HAProxy lets TCP hold small chunks back until the last is acknowledged.
        found = self.found(lumps, 3)
        self.assertEqual(self.obstacles(found), {"HTTP stream", "event stream"})
        self.assertIn("held back", found["HTTP stream"]["found"])

        found = self.found(refused, 3)
        self.assertEqual(self.obstacles(found), {"WebSocket"})
        self.assertIn("403 by Caddy: no WebSockets here", found["WebSocket"]["found"])

    def assert_seconds(self, text, expected):
        """Within one."""
        self.assertAlmostEqual(float(re.search(r"after ([\d.]+) s", text)[1]), expected, delta=1)

    def test_of_other_servers_it_says_what_it_cant_know(self):
        peer = self.peer("ws_server.mjs")
        found = self.found(self.probe(peer.url.replace("http", "ws") + "/ws", "--idle", "1"), 0)
        self.assertIn("can't be known", found["far end"]["found"])
        self.assertEqual(found["WebSocket"]["state"], "clear")

    def test_no_server_is_one_line_and_1(self):
        port, = free_ports(1)
        probe = self.probe(f"http://127.0.0.1:{port}")
        self.assertEqual(probe.wait(), 1)
        self.assertEqual(probe.stderr(), f"pushlab: 127.0.0.1:{port}: Connection refused\n")

    def test_wrong_options_are_2(self):
        for argv in (("ftp://x",), ("http://x", "--tls-ca", "f"), ("http://x", "--idle", "0"), ()):
            with self.subTest(argv):
                done = subprocess.run([BIN / "pushlab", "probe", *argv], capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
