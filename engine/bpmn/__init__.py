"""A BPMN file becomes a CompiledProcess; a state and a stimulus become a StepResult.

The only place that imports SpiffWorkflow and lxml.
"""
