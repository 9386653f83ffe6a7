// Shows a sales map read-only in each element with data-bpmn-url, with the walked and the open steps marked:
//   <div class="bpmn-viewer" data-bpmn-url="…" data-walked='["id", …]' data-open='["id", …]'></div>
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./viewer.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";

const MARKERS = { walked: "is-walked", open: "is-open" };

function mark(viewer, dataset) {
  const canvas = viewer.get("canvas"), elements = viewer.get("elementRegistry");
  for (const [key, marker] of Object.entries(MARKERS)) {
    for (const id of JSON.parse(dataset[key] ?? "[]")) {
      if (elements.get(id)) canvas.addMarker(id, marker);
    }
  }
}

async function show(container) {
  const viewer = new NavigatedViewer({ container });
  try {
    const response = await fetch(container.dataset.bpmnUrl);
    if (!response.ok) throw new Error(`${response.status} ${container.dataset.bpmnUrl}`);
    await viewer.importXML(await response.text());
    viewer.get("canvas").zoom("fit-viewport", "auto");
    mark(viewer, container.dataset);
    container.dataset.state = "shown";
  } catch (error) {
    container.dataset.state = "failed";
    console.error(error);
  }
}

for (const container of document.querySelectorAll("[data-bpmn-url]")) show(container);
