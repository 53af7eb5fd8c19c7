"""Changed numbering plans: today's number for one in an old plan or as it is dialled.

This holds only what libphonenumber does not repair. Each row has its source. libphonenumber checks
each result, and the person confirms it before we send anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renumbering:
    """`old` matches a whole national number with its zeros. `new` is its replacement.

    `known`: libphonenumber knows the old form, as a landline or as an unassigned number.
    """

    code: int
    old: str
    new: str
    source: str
    known: bool = False


ITU_MEXICO = "Mexico, 3 August 2019: ITU Operational Bulletin 1151, communication of 12.VI.2018"
ARGENTINA = "Argentina, mobiles are +54 9 from abroad: libphonenumber, notes on the metadata of AR"
ANATEL = "Brazil, 2012 to 2016: ANATEL, Resolution 553/2010; ITU communication of 6.II.2013"
ARTCI = "Ivory Coast, 31 January 2021: ARTCI, artci.ci/en/faq"
ARCEP_BENIN = "Benin, 30 November 2024: ARCEP; fr.allafrica.com/stories/202411300249.html"
MIC = "Vietnam, 15 September 2018: MIC; sggpnews.org.vn, science_technology, 76279"
ARCEP_GABON = "Gabon, 15 November 2019: ARCEP; rfi.fr/afrique/20191115-changement-numerotation"
SUBTEL = "Chile, 6 February 2016: SUBTEL; gerencia.cl/?p=71552"
ICE = "Costa Rica, 20 March 2008: ICE; insidecostarica.com/dailynews/2008/march/20/nac01.htm"
SUPERTEL = "Ecuador, 30 September 2012: SUPERTEL; vayaadventures.com, phone number changes"
NTRA = "Egypt, 6 October 2011: NTRA, tra.gov.eg, news 186"
ART = "Cameroon, 21 November 2014: ART; biztechafrica.com, article 8990"
ICTA = "Mauritius, 1 September 2013: ICTA; commsupdate.com/articles/2013/09/02"
NTC = "Thailand, 1 September 2006: NTC; songphon.wordpress.com/2006/06/01"
GUIDE = "Equatorial Guinea, 9 April 2010: wtng.info/wtng-240-gq.html"

CHANGES = (
    # As written for calls from abroad until 2019, or as dialled from a landline
    Renumbering(52, r"(?:1|04[45]|01)(\d{10})", r"\1", ITU_MEXICO),
    # People in Argentina leave out the 9.
    Renumbering(54, r"([1-368]\d{9})", r"9\1", ARGENTINA, known=True),
    Renumbering(55, r"(\d\d)([6-9]\d{7})", r"\g<1>9\2", ANATEL),
    # The second digit identified the network: Moov, MTN, Orange.
    Renumbering(225, r"([04-9][0-3]\d{6})", r"01\1", ARTCI),
    Renumbering(225, r"([04-9][4-6]\d{6})", r"05\1", ARTCI),
    Renumbering(225, r"([04-9][7-9]\d{6})", r"07\1", ARTCI),
    Renumbering(229, r"([2-9]\d{7})", r"01\1", ARCEP_BENIN),
    Renumbering(84, r"120(\d{7})", r"70\1", MIC),
    Renumbering(84, r"121(\d{7})", r"79\1", MIC),
    Renumbering(84, r"122(\d{7})", r"77\1", MIC),
    Renumbering(84, r"12([68]\d{7})", r"7\1", MIC),
    Renumbering(84, r"12([345]\d{7})", r"8\1", MIC),
    Renumbering(84, r"127(\d{7})", r"81\1", MIC),
    Renumbering(84, r"129(\d{7})", r"82\1", MIC),
    Renumbering(84, r"16([2-9]\d{7})", r"3\1", MIC),
    Renumbering(84, r"18([68]\d{7})", r"5\1", MIC),
    Renumbering(84, r"199(\d{7})", r"59\1", MIC),
    Renumbering(241, r"0([256]\d{6})", r"6\1", ARCEP_GABON, known=True),
    Renumbering(241, r"0([47]\d{6})", r"7\1", ARCEP_GABON, known=True),
    Renumbering(56, r"(?:0[89])?([4-9]\d{7})", r"9\1", SUBTEL),
    Renumbering(506, r"([389]\d{6})", r"8\1", ICE),
    Renumbering(593, r"([5-9]\d{7})", r"9\1", SUPERTEL),
    Renumbering(20, r"1([069]\d{7})", r"10\1", NTRA),
    Renumbering(20, r"1([278]\d{7})", r"12\1", NTRA),
    Renumbering(20, r"1([14]\d{7})", r"11\1", NTRA),
    Renumbering(237, r"([5-9]\d{7})", r"6\1", ART),
    Renumbering(230, r"([79]\d{6})", r"5\1", ICTA),
    Renumbering(66, r"([1-9]\d{7})", r"8\1", NTC),
    Renumbering(240, r"([25]\d{5})", r"222\1", GUIDE),
)


def renewed(code: int | None, national: str, *, known: bool) -> Iterator[str]:
    """Yield today's numbers, in E.164, that a national number of an old plan can mean.

    `known`: libphonenumber knows the number, so only rows marked `known` apply.
    """
    for change in CHANGES:
        found = re.fullmatch(change.old, national)
        if found and change.code == code and change.known >= known:
            yield f"+{code}{found.expand(change.new)}"
