#!/usr/bin/env python3
"""Real peers on both sides of the gateway: DCMTK, Orthanc, pynetdicom and dicom-rs's own storescu.

usage: peers.py [--tokumei PATH] [--dicom-storescu PATH]

Each pair sends the same made-up images through a gateway of its own; all must arrive, and verify_output.py must find
nothing. A peer that is not installed is passed over and said so; with TOKUMEI_REQUIRE_PEERS set, that is a failure.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import gateway, made_up  # noqa: E402

COUNT = 12
NAMES = (
    b"Yamada^Tarou",
    "Yamada^Tarou=山田^太郎=やまだ^たろう".encode(),
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=ヤマダ^タロウ".encode(),
)


class Missing(Exception):
    """A peer is not installed."""


def images(folder):
    """Writes the images that every sender sends."""
    os.makedirs(folder)
    for number in range(COUNT):
        made_up.write_ct(os.path.join(folder, f"{number}.dcm"), "peers", number, rows=64, columns=64, name=NAMES[number % 3])
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


class Orthanc:
    """An Orthanc with everything it has in one folder."""

    def __init__(self, folder, aet, gateway_port):
        path = shutil.which("Orthanc")
        if not path:
            raise Missing("Orthanc is not installed")
        os.makedirs(folder)
        self.port, self.web = gateway.free_port(), gateway.free_port()
        config = {
            "Name": aet, "StorageDirectory": folder, "IndexDirectory": folder, "Plugins": [], "DicomAet": aet,
            "DicomPort": self.port, "HttpPort": self.web, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
            "DicomModalities": {"gateway": ["TOKUMEI", "127.0.0.1", gateway_port]}, "DicomScuTimeout": 30,
        }  # fmt: skip
        with open(os.path.join(folder, "orthanc.json"), "w", encoding="ascii") as file:
            json.dump(config, file)
        self.process = subprocess.Popen(
            [path, os.path.join(folder, "orthanc.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if not gateway.listening(self.web, self.process) or not gateway.listening(self.port, self.process):
            raise RuntimeError("Orthanc did not start")

    def ask(self, path, body=None):
        """One call of its REST interface."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}{path}", data=body)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.read()

    def close(self):
        """Ends it."""
        gateway.stop(self.process)


class OrthancArchive:
    """Orthanc at the receiving end."""

    def __init__(self, folder):
        self.folder = folder
        self.orthanc = Orthanc(os.path.join(folder, "orthanc-archive"), "ARCHIVE", 1)
        self.port = self.orthanc.port

    def collect(self, out):
        """Writes what arrived as files."""
        os.makedirs(out)
        for number, name in enumerate(json.loads(self.orthanc.ask("/instances"))):
            with open(os.path.join(out, f"{number}.dcm"), "wb") as file:
                file.write(self.orthanc.ask(f"/instances/{name}/file"))

    def close(self):
        """Ends it."""
        self.orthanc.close()


class DcmtkArchive:
    """storescp at the receiving end."""

    def __init__(self, folder):
        if not gateway.dcmtk("storescp"):
            raise Missing("dcmtk is not installed")
        self.out = os.path.join(folder, "storescp")
        self.process, self.port = gateway.storescp(self.out, extra=["+uf"])

    def collect(self, out):
        """Moves what arrived."""
        shutil.move(self.out, out)

    def close(self):
        """Ends it."""
        gateway.stop(self.process)


class PynetdicomArchive:
    """pynetdicom at the receiving end."""

    def __init__(self, _folder):
        try:
            from pynetdicom import AE, AllStoragePresentationContexts, evt
        except ImportError as error:
            raise Missing("pynetdicom is not installed") from error
        self.received, self.lock = [], threading.Lock()
        ae = AE(ae_title="ARCHIVE")
        ae.supported_contexts = AllStoragePresentationContexts
        self.port = gateway.free_port()
        self.server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)])

    def _store(self, event):
        with self.lock:
            self.received.append(event.encoded_dataset())
        return 0

    def collect(self, out):
        """Writes what arrived as files."""
        os.makedirs(out)
        for number, body in enumerate(self.received):
            with open(os.path.join(out, f"{number}.dcm"), "wb") as file:
                file.write(body)

    def close(self):
        """Ends it."""
        self.server.shutdown()


def by_storescu(files, port, _folder, _given):
    """DCMTK's storescu, and its echoscu first."""
    storescu, echoscu = gateway.dcmtk("storescu"), gateway.dcmtk("echoscu")
    if not storescu or not echoscu:
        raise Missing("dcmtk is not installed")
    subprocess.run([echoscu, "-aec", "TOKUMEI", "127.0.0.1", str(port)], check=True)
    subprocess.run([storescu, "-R", "-aec", "TOKUMEI", "127.0.0.1", str(port), *files], check=True)


def by_pynetdicom(files, port, _folder, _given):
    """pynetdicom's AE, with its C-ECHO first."""
    try:
        from pydicom import dcmread
        from pynetdicom import AE
    except ImportError as error:
        raise Missing("pynetdicom is not installed") from error
    ae = AE(ae_title="PYNETDICOM")
    ae.add_requested_context(made_up.CT, made_up.EXPLICIT_LE)
    ae.add_requested_context("1.2.840.10008.1.1")
    association = ae.associate("127.0.0.1", port, ae_title="TOKUMEI")
    statuses = [association.send_c_echo().Status] + [association.send_c_store(dcmread(f)).Status for f in files]
    association.release()
    if any(statuses):
        raise RuntimeError(f"statuses {statuses}")


def by_dicom_rs(files, port, _folder, given):
    """dicom-rs's storescu."""
    beside = os.path.join(gateway.PROJECT, "target", "peers", "bin", "dicom-storescu")
    path = next((p for p in (given.dicom_storescu, beside, shutil.which("dicom-storescu")) if p and os.path.exists(p)), None)
    if not path:
        raise Missing("dicom-storescu is not installed (cargo install --root target/peers dicom-storescu --locked)")
    subprocess.run(
        [path, "--called-ae-title", "TOKUMEI", "--fail-first", f"127.0.0.1:{port}", *files], check=True, stdout=subprocess.DEVNULL
    )


def by_orthanc(files, port, folder, _given):
    """An Orthanc that is told to send by its REST interface."""
    orthanc = Orthanc(os.path.join(folder, "orthanc-sender"), "HOSPITAL", port)
    try:
        orthanc.ask("/modalities/gateway/echo", b"{}")
        names = []
        for path in files:
            with open(path, "rb") as file:
                names.append(json.loads(orthanc.ask("/instances", file.read()))["ID"])
        said = json.loads(orthanc.ask("/modalities/gateway/store", json.dumps(names).encode()))
        if said.get("FailedInstancesCount"):
            raise RuntimeError("Orthanc says that objects were refused")
    finally:
        orthanc.close()


PAIRS = (
    ("dcmtk storescu → Orthanc", by_storescu, OrthancArchive),
    ("Orthanc → dcmtk storescp", by_orthanc, DcmtkArchive),
    ("pynetdicom → pynetdicom", by_pynetdicom, PynetdicomArchive),
    ("dicom-rs storescu → dcmtk storescp", by_dicom_rs, DcmtkArchive),
    ("dcmtk storescu → dcmtk storescp", by_storescu, DcmtkArchive),
)


def pair(name, send, receive, files, folder, given, checks):
    """One pair of peers around one gateway."""
    os.makedirs(folder)
    archive = receive(folder)
    server = gateway.Gateway(os.path.join(folder, "gateway"), archive.port, binary=given.tokumei).start()
    try:
        send(files, server.port, folder, given)
        status = server.drained()
        out = os.path.join(folder, "out")
        archive.collect(out)
        arrived = len(os.listdir(out))
        checks.that(arrived == COUNT == status["delivered"], f"{name}: {arrived} of {COUNT} arrived ({status['delivered']} delivered)")
        script = os.path.join(gateway.PROJECT, "tests", "verify_output.py")
        said = subprocess.run([sys.executable, script, os.path.dirname(files[0]), out], capture_output=True, text=True, check=False)
        if said.returncode == gateway.SKIPPED:
            raise Missing("pydicom or dciodvfy is not installed: nothing verified")
        checks.that(said.returncode == 0, f"{name}: verify_output.py finds nothing")
        if said.returncode:
            print(said.stdout + said.stderr)
    except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
        checks.that(False, f"{name}: {error}")
        print(server.tail())
    finally:
        server.stop()
        archive.close()


def main():
    """Runs every pair."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tokumei")
    arguments.add_argument("--dicom-storescu")
    given = arguments.parse_args()
    folder, checks, skipped = gateway.temporary("peers"), gateway.Checks(), 0
    files = images(os.path.join(folder, "in"))
    for number, (name, send, receive) in enumerate(PAIRS):
        try:
            pair(name, send, receive, files, os.path.join(folder, str(number)), given, checks)
        except Missing as why:
            print(f"skipped: {name}: {why}")
            skipped += 1
    if skipped and (os.environ.get("TOKUMEI_REQUIRE_PEERS") or skipped == len(PAIRS)):
        sys.exit(1 if os.environ.get("TOKUMEI_REQUIRE_PEERS") else gateway.SKIPPED)
    if not checks.failed:
        shutil.rmtree(folder)
    checks.exit()


if __name__ == "__main__":
    main()
