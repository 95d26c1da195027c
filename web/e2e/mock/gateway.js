// DEVELOPMENT AID ONLY: the other end of the softphone's connections, as a page in the same browser. See voice.mjs.
const TONE = 440;
const peers = new Map();
const audio = new AudioContext();
const customer = audio.createMediaStreamDestination();
const tone = audio.createOscillator();
tone.frequency.value = TONE;
tone.connect(customer);
tone.start();

async function join({ key, sdp }) {
  const peer = new RTCPeerConnection();
  peer.addTrack(customer.stream.getAudioTracks()[0], customer.stream);
  // What nobody plays is not decoded, and cannot be measured.
  const ear = new Audio();
  peer.ontrack = ({ track }) => {
    ear.srcObject = new MediaStream([track]);
    void ear.play();
  };
  await peer.setRemoteDescription({ type: 'offer', sdp });
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== 'complete') await new Promise((then) => setTimeout(then, 20));
  // As the gateway does: the newer connection of a leg takes the older one's place.
  peers.get(key)?.close();
  peers.set(key, peer);
  return peer.localDescription.sdp;
}

const socket = new WebSocket(`ws://${location.host}/gateway`);
socket.onmessage = async ({ data }) => {
  const order = JSON.parse(data);
  if (order.do === 'cut') {
    for (const [key, peer] of peers) if (key.startsWith(order.call)) peer.close();
    return;
  }
  socket.send(JSON.stringify({ id: order.id, sdp: await join(order) }));
};

/** What each connection carries: for the tests. */
window.states = async () => {
  const states = [];
  for (const [key, peer] of peers) {
    const reports = [...(await peer.getStats()).values()];
    const inbound = reports.find((one) => one.type === 'inbound-rtp');
    states.push({
      key,
      state: peer.connectionState,
      codec: reports.find((one) => one.id === inbound?.codecId)?.mimeType ?? '',
      packets: inbound?.packetsReceived ?? 0,
      energy: inbound?.totalAudioEnergy ?? 0,
    });
  }
  return states;
};
