// Whether a file holds a drawing beside the map itself.
export const hasDrawing = xml => /<(?:[\w.-]+:)?BPMNShape[\s>]/.test(xml);
