"""EvaluationConfig: how vectors are scored."""

from dataclasses import dataclass
from typing import Annotated, Literal

from w2v.settings.fields import Setting, check_values, make_plain

RESTRICT = 30_000
"""By default, neighbours and answers are among this many of the most frequent words; rarer words are less reliable."""

Restrict = Annotated[
    int | None,
    "Ask and answer analogies among this many words, the most frequent; 0 takes all.",
    Setting("Evaluation", low=0, high=2**31 - 2, operations=("train", "resume", "tune"), only_with={"analogies": ()}),
]


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """How vectors are scored. Creating an instance validates it.

    Raises:
        SettingsError: a value has the wrong type or is out of range; the message names the setting.
    """

    restrict: Restrict = RESTRICT
    method: Annotated[
        Literal["3cosadd", "3cosmul"],
        "How analogies are answered: 3cosadd or 3cosmul.",
        Setting("Evaluation", only_with={"analogies": ()}),
    ] = "3cosadd"
    phrases: Annotated[
        str | None,
        "Join the words of the test files by this file, from `w2v phrases --save`: new york is new_york.",
        Setting("Evaluation", only_with={"similarity": (), "analogies": ()}, metavar="FILE"),
    ] = None
    match_case: Annotated[
        bool,
        "Treat King and king as two words; otherwise the first of them in VECTORS counts.",
        Setting("Evaluation", only_with={"similarity": (), "analogies": ()}, flags=("--match-case",)),
    ] = False
    k: Annotated[
        int,
        "Number of places that count for HR@k and NDCG@k.",
        Setting("Evaluation", low=1, high=2**31 - 2, only_with={"next": ()}, flags=("-k",)),
    ] = 10

    def __post_init__(self) -> None:
        make_plain(self)
        check_values(self)
