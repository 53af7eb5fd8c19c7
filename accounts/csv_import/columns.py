"""Which column of a file holds what, guessed from the words of its header."""

import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum

from accounts.csv_import.reading import Unreadable, UnreadableError


class Field(StrEnum):
    """What a column can hold."""

    EMAIL = "email"
    FULL_NAME = "full_name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
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
    Field.FIRST_NAME: (
        "firstname first givenname given forename vorname rufname prenom nombredepila primernombre "
        "nomeproprio primeironome voornaam roepnaam imie"
    ),
    Field.LAST_NAME: (
        "lastname last surname familyname family secondname nachname familienname zuname "
        "nomdefamille apellido apellidos cognome achternaam familienaam sobrenome apelido nazwisko"
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


# Where one part of the name has a column of its own, these words mean the other part.
PARTS = {Field.FIRST_NAME: Field.LAST_NAME, Field.LAST_NAME: Field.FIRST_NAME}
PART_WORDS = frozenset(["name", "nom", "nombre", "nome", "naam"])


def guess(header: Sequence[str]) -> dict[int, Field]:
    """Return the field of each column whose name is known. Two columns can get the same one."""
    named = {column: _spelling(name) for column, name in enumerate(header)}
    found = {column: FIELDS[word] for column, word in named.items() if word in FIELDS}
    parts = [field for field in found.values() if field in PARTS]
    if len(parts) == 1:
        found |= {column: PARTS[parts[0]] for column, word in named.items() if word in PART_WORDS}
    return found


def check(header: Sequence[str], mapped: Mapped) -> None:
    """Raise UnreadableError if there is no email, or a field or the name is there twice (csv7)."""
    names: dict[Field, list[str]] = {}
    for column, field in mapped.items():
        names.setdefault(field, []).append(header[column].strip())
    if Field.EMAIL not in names:
        raise UnreadableError(Unreadable.NO_EMAIL, names=[name.strip() for name in header if name])
    for same in names.values():
        if len(same) > 1:
            raise UnreadableError(Unreadable.SAME_FIELD, names=same)
    parts = [name for field in PARTS for name in names.get(field, ())]
    if parts and Field.FULL_NAME in names:
        raise UnreadableError(Unreadable.NAME_TWICE, names=[*names[Field.FULL_NAME], *parts])


def unused(header: Sequence[str], mapped: Mapped) -> list[str]:
    """Return the names of the columns that are not imported."""
    return [name.strip() for at, name in enumerate(header) if name.strip() and at not in mapped]


def _spelling(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in bare if sign.isalnum())
