"""Which column of a file holds what, guessed from the words of its header."""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum

from accounts.csv_import.reading import Unreadable, UnreadableError


class Field(StrEnum):
    """What a column can hold."""

    EMAIL = "email"
    FULL_NAME = "full_name"
    MOBILE = "mobile"
    USERNAME = "username"
    ROLE = "role"
    ORGANIZATION = "organization"


# Fields by column, counted from 0. Other columns are not used.
Mapped = Mapping[int, Field]
# Header names without case, accents, spaces and signs: English, German, French, Spanish, Italian,
# Dutch, Portuguese, Polish
SPELLINGS: dict[Field, str] = {
    Field.EMAIL: (
        "email emailaddress mail mailaddress emailadresse mailadresse courriel adressemail "
        "adresseemail correo correoelectronico indirizzoemail postaelettronica emailadres "
        "enderecodeemail adresemail workemail"
    ),
    Field.FULL_NAME: (
        "fullname name displayname personname vollername vollstandigername nom nomcomplet nombre "
        "nombrecompleto nome nomecompleto volledigenaam naam imieinazwisko nomeecognome"
    ),
    Field.MOBILE: (
        "mobile mobilephone mobilenumber mobilephonenumber phone phonenumber cell cellphone "
        "cellphonenumber telephone tel handy handynummer mobilnummer telefon telefonnummer "
        "portable telephoneportable numerodetelephone movil telefonomovil telefono cellulare "
        "mobiel mobielnummer telefoonnummer telemovel celular telefone telefonkomorkowy"
    ),
    Field.USERNAME: (
        "username user login loginname userid benutzername nomdutilisateur identifiant usuario "
        "nombredeusuario nomeutente gebruikersnaam nomedeusuario nazwauzytkownika"
    ),
    Field.ROLE: "role rolle rol ruolo funcao rola",
    Field.ORGANIZATION: (
        "organization organisation company firma unternehmen societe entreprise empresa azienda "
        "organizzazione organisatie bedrijf organizacao organizacja"
    ),
}
FIELDS = {spelling: field for field, words in SPELLINGS.items() for spelling in words.split()}


def guess(header: Sequence[str]) -> dict[int, Field]:
    """Return the field of each column whose name is known. Two columns can get the same one."""
    named = ((column, FIELDS.get(_spelling(name))) for column, name in enumerate(header))
    return {column: field for column, field in named if field}


def check(header: Sequence[str], mapped: Mapped) -> None:
    """Raise UnreadableError for a field without or with two columns (csv7)."""
    names: dict[Field, list[str]] = {}
    for column, field in mapped.items():
        names.setdefault(field, []).append(header[column].strip())
    if Field.EMAIL not in names:
        raise UnreadableError(Unreadable.NO_EMAIL, names=[name.strip() for name in header if name])
    for same in names.values():
        if len(same) > 1:
            raise UnreadableError(Unreadable.SAME_FIELD, names=same)


def unused(header: Sequence[str], mapped: Mapped) -> list[str]:
    """Return the names of the columns that are not imported."""
    return [name.strip() for at, name in enumerate(header) if name.strip() and at not in mapped]


def _spelling(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in bare if sign.isalnum())
