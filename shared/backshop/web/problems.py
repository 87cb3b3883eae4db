"""What refused requests are answered with, as the OpenAPI document has it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """A field that is wrong, by its path (`lines.0.quantity`), and what it may be."""

    field: str
    message: str


class ProblemBody(BaseModel):
    """What every refused request is answered with (RFC 9457); docs/problems.md lists the types."""

    type: str
    title: str
    status: int
    detail: str = Field(description="One sentence that says what to do next.")
    request_id: str | None = Field(description="To be quoted to whoever runs backshop.")
    errors: list[FieldProblem] | None = None
