"""A real RTSP server on loopback for tests, with GStreamer's test patterns.

usage: python gst-rtsp-server.py PORT [auth]
PORT 0 takes a free one. Prints "ready PORT" when it serves, and ends when its standard input does.
mounts: /h264 1280x720@25, /h264sd 640x360@15, /bars 1280x720@25 (H.264 of SMPTE's colour bars), /h265 640x360@15,
/h264jump (H.264 that changes from 320x240 to 640x360 after 3 s), /mjpeg 640x360@15, /mjpegbars (colour bars, 4:2:0),
/mjpegbars422, /av (H.264 and PCMU), /alaw, /l16 (44.1 kHz stereo)
With `auth`, all want Digest: user "cam", password "pw".
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

H264 = (
    "x264enc tune=zerolatency speed-preset=ultrafast bitrate=2500 key-int-max=25 ! video/x-h264,profile=baseline"
    " ! rtph264pay name=pay0 pt=96 config-interval=1"
)
H265 = (
    "x265enc tune=zerolatency speed-preset=ultrafast bitrate=1000 key-int-max=15 ! video/x-h265"
    " ! rtph265pay name=pay0 pt=96 config-interval=1"
)
VIDEO = "videotestsrc is-live=true pattern=ball ! video/x-raw"
BARS = "videotestsrc is-live=true pattern=smpte ! video/x-raw"
TONE = "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1"
STEREO = "audiotestsrc is-live=true ! audioconvert ! audio/x-raw,format=S16BE,rate=44100,channels=2"
MOUNTS = {
    "/h264": f"{VIDEO},width=1280,height=720,framerate=25/1 ! {H264}",
    "/h264sd": f"{VIDEO},width=640,height=360,framerate=15/1 ! {H264}",
    "/bars": f"{BARS},format=I420,width=1280,height=720,framerate=25/1 ! {H264}",
    "/h265": f"{BARS},format=I420,width=640,height=360,framerate=15/1 ! {H265}",
    "/h264jump": (
        f"videotestsrc is-live=true num-buffers=45 ! video/x-raw,format=I420,width=320,height=240,framerate=15/1"
        f" ! concat name=both adjust-base=false ! {H264} {BARS},format=I420,width=640,height=360,framerate=15/1 ! both."
    ),
    "/mjpeg": f"{VIDEO},format=I420,width=640,height=360,framerate=15/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    "/mjpegbars": f"{BARS},format=I420,width=640,height=360,framerate=15/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    "/mjpegbars422": f"{BARS},format=Y42B,width=640,height=360,framerate=15/1 ! jpegenc ! rtpjpegpay name=pay0 pt=26",
    "/av": f"{VIDEO},width=320,height=240,framerate=15/1 ! {H264} {TONE} ! mulawenc ! rtppcmupay name=pay1 pt=0",
    "/alaw": f"{TONE} ! alawenc ! rtppcmapay name=pay0 pt=8",
    "/l16": f"{STEREO} ! rtpL16pay name=pay0 pt=97",
}


def make_server(port: str, wants_auth: bool) -> GstRtspServer.RTSPServer:
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factories = []
    for path, pipeline in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(f"( {pipeline} )")
        factory.set_shared(True)
        server.get_mount_points().add_factory(path, factory)
        factories.append(factory)
    if wants_auth:
        add_auth(server, factories)
    return server


def add_auth(server: GstRtspServer.RTSPServer, factories: list) -> None:
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_supported_methods(2)  # Digest
    token = GstRtspServer.RTSPToken.new()
    token.set_string("media.factory.role", "user")
    auth.add_digest("cam", "pw", token)
    server.set_auth(auth)
    rights = "user, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    for factory in factories:
        role = Gst.Structure.new_from_string(rights)
        factory.add_role_from_structure(role[0] if isinstance(role, tuple) else role)


def end_with_input(loop: GLib.MainLoop) -> None:
    def look(channel: GLib.IOChannel, condition: GLib.IOCondition) -> bool:
        loop.quit()
        return False

    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, GLib.IOCondition.HUP | GLib.IOCondition.IN, look)


def main() -> None:
    Gst.init(None)
    server = make_server(sys.argv[1], "auth" in sys.argv[2:])
    server.attach(None)
    loop = GLib.MainLoop()
    end_with_input(loop)
    print("ready", server.get_bound_port(), flush=True)
    loop.run()


main()
