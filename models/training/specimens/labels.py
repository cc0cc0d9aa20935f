"""What stands beside the fields, in the languages of the layouts."""

from models.training.specimens.layouts import Layout

_ENGLISH = {
    "surname": "Surname",
    "given_names": "Given names",
    "birth_date": "Date of birth",
    "birth_place": "Place of birth",
    "sex": "Sex",
    "nationality": "Nationality",
    "document_number": "Document No.",
    "personal_number": "Personal No.",
    "issue_date": "Date of issue",
    "expiry_date": "Date of expiry",
    "issuing_authority": "Authority",
    "address": "Address",
    "height": "Height",
    "categories": "Categories",
}
_LANGUAGES = {
    "fr": "Nom|Prénoms|Date de naissance|Lieu de naissance|Sexe|Nationalité|No. du document|No. personnel|"
    "Date de délivrance|Date d'expiration|Autorité|Adresse|Taille|Catégories",
    "es": "Apellidos|Nombres|Fecha de nacimiento|Lugar de nacimiento|Sexo|Nacionalidad|No. de documento|No. personal|"
    "Fecha de expedición|Fecha de caducidad|Autoridad|Domicilio|Estatura|Categorías",
    "de": "Name|Vornamen|Geburtsdatum|Geburtsort|Geschlecht|Staatsangehörigkeit|Dokumentnr.|Personennr.|"
    "Ausstellungsdatum|Gültig bis|Behörde|Anschrift|Größe|Klassen",
    "sv": "Efternamn|Förnamn|Födelsedatum|Födelseort|Kön|Nationalitet|Handlingsnr.|Personnr.|"
    "Utfärdandedatum|Giltig till|Myndighet|Adress|Längd|Kategorier",
}
_NUMBERED = {
    "surname": "1.",
    "given_names": "2.",
    "birth_date": "3.",
    "issue_date": "4a.",
    "expiry_date": "4b.",
    "issuing_authority": "4c.",
    "document_number": "5.",
    "address": "8.",
    "categories": "9.",
}
"""Of Directive 2006/126/EC, annex I."""


def label(layout: Layout, name: str, number: int) -> str:
    """The label of a field; beside an English one the language of the layout, as on travel documents."""
    if layout.labels == "numbered" and name in _NUMBERED:
        return _NUMBERED[name]
    english = _ENGLISH[name]
    if layout.language == "en":
        return english
    own = _LANGUAGES[layout.language].split("|")[list(_ENGLISH).index(name)]
    return own if layout.labels != "above" or len(own) > 16 else f"{own} / {english}"
