"""Reading a template: intrinsic functions, globals, parameters, conditions."""

from pathlib import Path
from typing import Any

import pytest

from local import template

PSEUDO = {"AWS::Region": "eu-west-1"}


def read(tmp_path: Path, text: str, **parameters: str) -> template.Template:
    path = tmp_path / "template.yaml"
    path.write_text(text)
    return template.load(path, parameters, PSEUDO)


def attribute(name: str, what: str) -> str:
    return f"<{name} {what}>"


def resolve(tmp_path: Path, value: str, **parameters: str) -> Any:
    made = read(
        tmp_path,
        f"""
Parameters:
  Name: {{Type: String, Default: given}}
  List: {{Type: CommaDelimitedList, Default: "a,b"}}
Conditions:
  Given: !Equals [!Ref Name, given]
  Both: !And [!Condition Given, !Not [!Equals [a, b]]]
Mappings:
  Sizes: {{small: {{gb: 1}}}}
Resources:
  One:
    Type: Some::Thing
    Properties:
      Value: {value}
""",
        **parameters,
    )
    return made.resolve(made.resources["One"].properties, attribute).get("Value")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Name", "given"),
        ("!Ref List", ["a", "b"]),
        ("!Ref Other", "<Other Ref>"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!GetAtt Other.Arn", "<Other Arn>"),
        ("!GetAtt Other.Endpoint.Address", "<Other Endpoint.Address>"),
        ("!GetAtt [Other, Arn]", "<Other Arn>"),
        ("{'Fn::GetAtt': [Other, Arn]}", "<Other Arn>"),
        ("!Sub '${Other.Arn}/${Name}/${!Literal}'", "<Other Arn>/given/${Literal}"),
        ("!Sub ['${X}-${Name}', {X: !Ref Other}]", "<Other Ref>-given"),
        ("!Join ['-', [a, !Ref Name]]", "a-given"),
        ("!If [Given, yes, no]", True),
        ("!If [Both, {a: !Ref Name}, x]", {"a": "given"}),
        ("!Select [1, !Ref List]", "b"),
        ("!Split [',', 'x,y']", ["x", "y"]),
        ("!FindInMap [Sizes, small, gb]", 1),
        ("!If [Given, !Ref AWS::NoValue, x]", None),
        ("[!Ref AWS::NoValue, 1]", [1]),
    ],
)
def test_intrinsic_functions(tmp_path: Path, value: str, expected: Any) -> None:
    assert resolve(tmp_path, value) == expected


def test_an_override_decides_conditions(tmp_path: Path) -> None:
    assert resolve(tmp_path, "!If [Given, 1, 2]", Name="other") == 2


def test_globals_merge_maps_join_lists_and_yield_to_the_rest(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        """
Globals:
  Function:
    Timeout: 20
    Layers: [!Ref A]
    Environment: {Variables: {X: 1, Y: 1}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 5
      Layers: [!Ref B]
      Environment: {Variables: {Y: 2}}
  Other: {Type: AWS::SQS::Queue}
""",
    )
    assert made.resolve(made.resources["F"].properties, attribute) == {
        "Timeout": 5,
        "Layers": ["<A Ref>", "<B Ref>"],
        "Environment": {"Variables": {"X": 1, "Y": 2}},
    }
    assert made.resources["Other"].properties == {}


def test_a_resource_whose_condition_is_false_is_left_out(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        """
Conditions: {Never: !Equals [a, b]}
Resources:
  Gone: {Type: AWS::SQS::Queue, Condition: Never}
  Here: {Type: AWS::SQS::Queue}
""",
    )
    assert set(made.resources) == {"Here"}


def test_a_parameter_without_a_value_is_named(tmp_path: Path) -> None:
    text = "Parameters: {Needed: {Type: String}}\nResources: {}"
    with pytest.raises(template.Unsupported, match="Needed"):
        read(tmp_path, text)
    assert read(tmp_path, text, Needed="x").parameters["Needed"] == "x"


def test_an_unknown_function_is_named(tmp_path: Path) -> None:
    with pytest.raises(template.Unsupported, match="Cidr"):
        resolve(tmp_path, "!Cidr [a, b]")
